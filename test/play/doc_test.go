// Package play has random people do random things to one another on a real
// database, through the same services as the pages, two at once now and then,
// and checks what must always hold: nobody gains by helping themselves or
// upward; nobody is signed in without a factor unless a suspension covers that
// instant; while MFA is forced no suspension covers anyone; and each grant has
// its actor, its reason, its event and its messages.
//
// It owns what these people hold in their hands: passwords, phones, browsers and
// mailboxes. It refuses to change anything behind the services' back. The same
// is played on the rules alone, far longer, in internal/ladder.
package play
