// Package apitest checks the OpenAPI document of the checkout API with another vendor's program, and executes all its examples
// against the handler that serves the API.
package apitest
