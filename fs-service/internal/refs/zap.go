package refs

import (
	"context"
	"log/slog"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// zapTo returns the logger that etcd wants, writing to log what is worth it by
// level. etcd ends the process itself after a fatal message, such as of a full disk.
func zapTo(log *slog.Logger, level zapcore.LevelEnabler) *zap.Logger {
	return zap.New(&zapCore{LevelEnabler: level, log: log})
}

// zapCore hands etcd's messages over to slog.
type zapCore struct {
	zapcore.LevelEnabler
	log    *slog.Logger
	fields []zapcore.Field
}

var _ zapcore.Core = (*zapCore)(nil)

func (c *zapCore) With(fields []zapcore.Field) zapcore.Core {
	return &zapCore{c.LevelEnabler, c.log, slices.Concat(c.fields, fields)}
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
	for _, f := range slices.Concat(c.fields, fields) {
		f.AddTo(encoder)
	}
	c.log.Log(context.Background(), level, "etcd", "event", e.Message, "detail", encoder.Fields)
	return nil
}

func (c *zapCore) Sync() error { return nil }
