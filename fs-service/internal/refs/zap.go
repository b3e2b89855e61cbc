package refs

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// zapTo returns the logger that etcd wants, writing to log what is a warning or
// worse. etcd ends the process itself after a fatal one, such as a full disk.
func zapTo(log *slog.Logger) *zap.Logger { return zap.New(&zapCore{log: log}) }

// zapCore hands etcd's messages over to slog.
type zapCore struct {
	log    *slog.Logger
	fields []zapcore.Field
}

var _ zapcore.Core = (*zapCore)(nil)

func (c *zapCore) Enabled(l zapcore.Level) bool { return l >= zapcore.WarnLevel }

func (c *zapCore) With(fields []zapcore.Field) zapcore.Core {
	return &zapCore{log: c.log, fields: append(c.fields[:len(c.fields):len(c.fields)], fields...)}
}

func (c *zapCore) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

func (c *zapCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	level := slog.LevelWarn
	if e.Level >= zapcore.ErrorLevel {
		level = slog.LevelError
	}
	encoder := zapcore.NewMapObjectEncoder()
	for _, f := range append(c.fields[:len(c.fields):len(c.fields)], fields...) {
		f.AddTo(encoder)
	}
	c.log.Log(context.Background(), level, "etcd", "event", e.Message, "detail", encoder.Fields)
	return nil
}

func (c *zapCore) Sync() error { return nil }
