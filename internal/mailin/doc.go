// Package mailin takes in the mails that people send to a case of the desk.
//
// It owns the way in, LMTP (RFC 2033) or SMTP from a mail server in front of it, and
// turning a mail into a Letter: whom the receiving server vouches for, the text
// without what it quotes, the files. It drops what machines send, bounds how much and
// how often, and answers what cannot be used at most once a day to a sender who is
// vouched for. It refuses to know what a case is, to judge a file (both are the
// Desk's), to look at signatures itself, and to write the words of an answer. Nothing
// of what a mail says is in a log or an error.
package mailin
