// Package child runs programs as separate processes, so that each can be measured and killed on its own, and ensures
// that no process outlives the one that started it. A process may be this same program in another role; then it calls
// [Run].
package child
