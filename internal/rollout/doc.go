// Package rollout shows and sets the worker version that receives the work, and reports queues that no worker polls.
package rollout
