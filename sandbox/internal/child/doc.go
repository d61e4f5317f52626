// Package child runs programs as separate processes, so that each can be measured and killed on its own, and ensures
// that no process outlives the one that started it. [Build] builds a program, [Program.Start] starts it, and [Kept]
// starts it again whenever it has ended. A process may be this same program in another role; then it calls [Run].
package child
