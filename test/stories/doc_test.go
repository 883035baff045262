// Package stories_test tells whole stories in a real browser, against the
// program as it is built: what a person sees, types and is mailed.
//
// A story is a function of steps. Its vocabulary: a site is started, a browser
// is opened on it; it visits a path, fills a field, presses a button or link by
// its words, sees sentences, and reads what stands somewhere. Mails come out of
// a mailbox that real SMTP filled; codes come from other programs: zbarimg
// reads the QR code off a screenshot, oathtool counts.
//
// Every page that a story comes to is looked at: axe-core finds nothing in
// light and dark, wide and on a phone, nothing sticks out sideways, the console
// is silent, and no request leaves this machine. With SPAREKEY_PICTURE=1 pictures of
// every page are kept below test/artefacts/screens; that of a failure always is,
// below test/artefacts/failures.
package stories_test
