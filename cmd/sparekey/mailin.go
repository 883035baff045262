package main

import (
	"context"
	"errors"
	"net"

	"github.com/sparekey/sparekey/internal/config"
	"github.com/sparekey/sparekey/internal/mail"
	"github.com/sparekey/sparekey/internal/mailin"
	"github.com/sparekey/sparekey/internal/org"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/support"
)

// deskMailbox returns how the address of a case is made; nil: no mails come in.
func deskMailbox(c config.Desk) func(standing.Case) org.Email {
	if c.MailListen == "" {
		return nil
	}
	return func(k standing.Case) org.Email {
		return org.Email("desk+" + k.Number + "." + string(k.Token) + "@" + c.MailDomain)
	}
}

// A letterbox puts letters into their cases (mailin.Desk).
type letterbox struct{ desk *support.Service }

// Take puts a letter into its case, or says why not.
func (b letterbox) Take(ctx context.Context, l mailin.Letter) (mailin.Answer, error) {
	letter := support.Letter{
		From: l.From, Number: l.Number, Token: l.Token, MessageID: l.MessageID, Text: l.Text,
		Vouched: l.Vouched != mailin.ByNobody,
	}
	for _, f := range l.Files {
		letter.Files = append(letter.Files, f.Data)
	}
	fate, err := b.desk.TakeLetter(ctx, letter)
	if err != nil {
		return mailin.Silence, err
	}
	switch {
	case fate == support.LetterNoCase:
		return mailin.Unusable, nil
	case fate == support.LetterOver:
		return mailin.CaseOver, nil
	case fate == support.LetterPartly, fate == support.LetterTaken && l.FilesLeft > 0:
		return mailin.FilesRefused, nil
	}
	return mailin.Silence, nil
}

// A letterSlot is where mails come in.
type letterSlot struct {
	server   *mailin.Server
	listener net.Listener
}

// openLetterSlot listens for mails to cases, where the settings say.
func (i *installation) openLetterSlot(ctx context.Context) (*letterSlot, error) {
	c := i.config.Desk
	desk, err := i.support()
	if err != nil {
		return nil, err
	}
	settings := mailin.Config{
		Domain: c.MailDomain, AuthServer: c.MailServer, SMTP: c.MailProtocol == "smtp",
		Desk: letterbox{desk}, Reply: cannotReply, Log: i.log, Now: i.now,
	}
	if i.config.SMTP.Host != "" {
		sender, err := i.mailServer()
		if err != nil {
			return nil, err
		}
		settings.Own = sender.Own
		settings.Reply = func(ctx context.Context, r mailin.Reply) error {
			return sender.Send(ctx, mail.Postmark{LetterID: newID(), Queued: i.now()}, i.renderer().Reply(r.To, string(r.Answer), r.MessageID))
		}
	}
	server, err := mailin.NewServer(settings)
	if err != nil {
		return nil, err
	}
	listener, err := mailin.Listen(ctx, c.MailListen)
	if err != nil {
		return nil, err
	}
	return &letterSlot{server, listener}, nil
}

func cannotReply(context.Context, mailin.Reply) error { return errors.New("no mail server is set") }

// takeMails takes mails to cases until ctx ends.
func (i *installation) takeMails(ctx context.Context) {
	if err := i.letters.server.Serve(ctx, i.letters.listener); err != nil {
		i.log.Error("no mails to cases come in any more", "error", err)
	}
}
