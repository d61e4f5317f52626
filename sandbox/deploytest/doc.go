// Package deploytest checks what is deployed without pulling an image: the compose files, the Kubernetes manifests and
// the Dockerfile say what our programs, and those of others, understand.
package deploytest
