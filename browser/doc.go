// Package browser opens in a real browser what giftbridge shows to people: its tests look at the mails and the pages of
// the sandbox, and the command shoot makes the pictures of the documentation. A new page gets a test here, seen failing on
// a broken copy of the page.
//
// The package is a module of its own, outside the workspace, so that no other module depends on a browser and
// "go test work" needs only Go.
package browser
