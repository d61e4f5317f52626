// Package deploytest checks what is deployed without pulling an image: our programs, and other vendors' programs,
// understand what the compose files, the Kubernetes manifests and the Dockerfile say.
package deploytest
