package main

import (
	"context"
	"time"

	"github.com/sparekey/sparekey/internal/sealer"
)

// sealTime is how long sealing what is left may take at the end.
const sealTime = 10 * time.Second

// A sealing is the sealer at work, beyond the end of what it seals.
type sealing struct {
	i       *installation
	sealer  *sealer.Sealer
	ctx     context.Context
	stop    context.CancelFunc
	stopped chan struct{}
}

// startSealing starts the sealer. It seals until finish is called, whether or
// not ctx has ended.
func (i *installation) startSealing(ctx context.Context) (*sealing, error) {
	s, err := sealer.New(sealer.Config{
		Log: i.store, Keys: i.store.LogKeys(), ID: newID(), File: i.config.CheckpointPath(), Journal: i.log,
	})
	if err != nil {
		return nil, err
	}
	lasting := context.WithoutCancel(ctx)
	running, stop := context.WithCancel(lasting)
	w := &sealing{i, s, lasting, stop, make(chan struct{})}
	go func() { defer close(w.stopped); s.Run(running) }()
	return w, nil
}

// finish seals what is left.
func (w *sealing) finish() {
	w.stop()
	<-w.stopped
	ctx, cancel := context.WithTimeout(w.ctx, sealTime)
	defer cancel()
	if err := w.sealer.Finish(ctx); err != nil {
		w.i.log.Error("cannot seal what is left of the log: the next start will", "error", err)
	}
}
