# Two images: giftbridge (the default), and simulators for demonstrations.
#
#   docker build --build-arg VERSION=v1.4.0 --build-arg REVISION="$(git rev-parse HEAD)" -t giftbridge:v1.4.0 .
#   docker build --target simulators -t giftbridge-simulators .
#
# To list what is in an image: docker create giftbridge:v1.4.0, docker cp the binary out, go version -m giftbridge.

# The same Go version as in go.mod; a test checks that.
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS source
WORKDIR /source
COPY . .
ARG TARGETOS TARGETARCH
ENV GOOS=$TARGETOS GOARCH=$TARGETARCH

FROM source AS build
ARG VERSION REVISION
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    deploy/build /rootfs worker starter

FROM source AS build-simulators
ARG VERSION REVISION
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    deploy/build /rootfs sandbox/simulators

FROM scratch AS simulators
COPY --from=build-simulators /rootfs /
USER 65532:65532
ENTRYPOINT ["/bin/simulators"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["/bin/simulators", "health", "--shopify-addr=127.0.0.1:8080"]

FROM scratch AS giftbridge
COPY --from=build /rootfs /
# A number instead of a user name, because a scratch image has no list of users.
USER 65532:65532
ENV PATH=/bin
# Without arguments, a worker; otherwise the command that they name. /bin/worker and /bin/starter are the names of earlier
# releases.
ENTRYPOINT ["/bin/giftbridge"]
CMD ["worker"]
# For the worker; override it when you run another command.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/bin/giftbridge", "worker", "health"]
