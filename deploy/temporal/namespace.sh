#!/bin/sh
# Creates the namespace, or leaves it as it is: a retention that somebody has raised stays. "giftbridge schedules", which
# runs next, refuses one that is too short. TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and RETENTION are in the environment.
set -eu

tries=0
until temporal operator cluster health; do
  tries=$((tries + 1))
  [ "$tries" -lt 30 ] || exit 1
  sleep 2
done
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION" \
    --description 'giftbridge: gift cards of a Shopify shop'
# The frontend learns of a new namespace after some seconds.
until temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 30 ] || exit 1
  sleep 2
done
