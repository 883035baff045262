package main

import (
	"context"

	"github.com/sparekey/sparekey/internal/ledger"
	"github.com/sparekey/sparekey/internal/metric"
	"github.com/sparekey/sparekey/internal/standing"
	"github.com/sparekey/sparekey/internal/support"
	"github.com/sparekey/sparekey/internal/web"
)

// measured has the installation counted from now on.
func (i *installation) measured() {
	i.meter = metric.New(version, i.levels, i.hasher)
	i.store.Observe(i.meter.Event)
}

// levels reads what only the database knows.
func (i *installation) levels(ctx context.Context) (metric.Levels, error) {
	now := i.now()
	l, err := i.store.Levels(ctx, now)
	var sealed ledger.State
	if err == nil {
		sealed, err = i.store.SealState(ctx)
	}
	var desk standing.DeskFigures
	if err == nil {
		desk, err = i.store.DeskFigures(ctx, now.Add(-support.FiguresTime))
	}
	if err != nil {
		i.log.Warn("cannot read the levels for /metrics", "error", err)
		return metric.Levels{}, err
	}
	outbox := metric.Outbox{Waiting: l.Letters, Delayed: l.Delayed}
	if !l.Oldest.IsZero() {
		outbox.Oldest = max(0, now.Sub(l.Oldest))
	}
	return metric.Levels{
		SessionsAlive: l.Sessions, Outbox: outbox,
		Seal: metric.Seal{Sealed: sealed.Sealed, Waiting: sealed.Waiting, Refused: sealed.Refused, Lag: sealed.OldestAge},
		Desk: metric.Desk{Open: desk.Open, Waiting: desk.Waiting, Refused: desk.Refused, Answer: standing.Median(desk.Answers), Verdict: standing.Median(desk.Verdicts)},
	}, nil
}

// openMetrics adds /metrics to the pages: in the demo for anyone, else for whoever has
// the token that the settings name, and if they name none for nobody.
func (i *installation) openMetrics(pages *web.Options) error {
	pages.Measure = i.meter.Request
	switch {
	case pages.Demo != nil:
		pages.Metrics = i.meter.Handler()
	case i.config.MetricsToken != "":
		token, err := metric.ReadToken(i.config.MetricsToken)
		if err != nil {
			return err
		}
		pages.Metrics = metric.Guard(token, i.meter.Handler())
	}
	return nil
}
