// Package child runs programs as processes of their own, so that they can be measured and killed apart, and sees that
// none of them outlives the one that started it. A process may be this very program in another role: then [Run] is what
// it does.
package child
