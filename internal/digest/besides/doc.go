// Package besides explains to the readers of a digest what it tells besides orders that failed, such as products that cannot be
// sold, and names the commands with which they see to it.
package besides
