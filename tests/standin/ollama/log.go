package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strconv"
	"time"
)

// Ollama's level below DEBUG, OLLAMA_DEBUG=2.
const levelTrace = slog.Level(-8)

var logLevel = levelOf(variable("OLLAMA_DEBUG"))

// levelOf reads OLLAMA_DEBUG: a truth value, or a number n for the level -4n (envconfig.LogLevel).
func levelOf(value string) slog.Level {
	if value == "" {
		return slog.LevelInfo
	}
	if number, err := strconv.Atoi(value); err == nil && number != 0 {
		return slog.Level(-4 * number)
	}
	if is, err := strconv.ParseBool(value); err != nil || is {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// place is where Ollama's own source has a line: `source=` of its log, in both eras.
type place struct{ runner, llama string }

func (p place) String() string {
	if runnerEra {
		return p.runner
	}
	return p.llama
}

func say(level slog.Level, at place, message string, attributes ...any) {
	if level < logLevel {
		return
	}
	name := level.String()
	if level == levelTrace {
		name = "TRACE"
	}
	line := slog.NewTextHandler(io.Writer(os.Stderr), &slog.HandlerOptions{
		Level: levelTrace - 100,
		ReplaceAttr: func(_ []string, one slog.Attr) slog.Attr {
			// slog's own level and message make room for the fields in Ollama's order.
			if _, own := one.Value.Any().(slog.Level); own || one.Equal(slog.String(slog.MessageKey, "\x00")) {
				return slog.Attr{}
			}
			return one
		},
	})
	record := slog.NewRecord(time.Time{}, level, "\x00", 0)
	record.Add("time", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "level", name)
	record.Add("source", at.String(), "msg", message)
	record.Add(attributes...)
	_ = line.Handle(context.Background(), record)
}

func trace(at place, message string, attributes ...any) { say(levelTrace, at, message, attributes...) }
func debug(at place, message string, attributes ...any) {
	say(slog.LevelDebug, at, message, attributes...)
}
func info(at place, message string, attributes ...any) {
	say(slog.LevelInfo, at, message, attributes...)
}
func warn(at place, message string, attributes ...any) {
	say(slog.LevelWarn, at, message, attributes...)
}
