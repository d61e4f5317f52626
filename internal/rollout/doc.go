// Package rollout shows and sets which version of the workers gets the work, and reports queues that no worker polls.
package rollout
