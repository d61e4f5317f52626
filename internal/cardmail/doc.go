// Package cardmail makes the mail with which a gift card reaches its recipient: subject, text, HTML, and a picture of the
// card's barcode. It is pure, but for [Load], which reads templates from a folder; another package sends the mail.
//
// Whoever reads the mail has the money. So errors of this package repeat nothing of a card.
package cardmail
