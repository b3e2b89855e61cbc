package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"rhapsode/testclients/bench"
)

// page writes the results as Markdown.
func page(w io.Writer, o options, r results, machine string) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s\n\nMedians of %d rounds of %v each, in turns; documents of %d bytes, %d of them; the load comes from the same machine. Direct is to one repo-api.\n\n",
		machine, o.rounds, o.count, size, o.files)

	fmt.Fprintf(b, "| reads of a branch tip | connections | bare Go server | direct | ratio | aim | through nginx | ratio |\n|---|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, mode := range []bench.Mode{bench.Read, bench.Cond} {
		for _, conns := range []int{16, 64} {
			of := func(who string) figure { return r.figures[event{who, mode, conns, o.files}] }
			bare, ours, proxied := of(bareGo), of(direct), of(nginx)
			fmt.Fprintf(b, "| %s | %d | %.0f/s | %.0f/s | %.2f | ≥ %.2f | %.0f/s | %.2f |\n",
				map[bench.Mode]string{bench.Read: "GET", bench.Cond: "GET, 304"}[mode], conns,
				bare.rate, ours.rate, ours.rate/bare.rate, map[int]float64{16: 1. / 3, 64: 0.5}[conns], proxied.rate, proxied.rate/bare.rate)
		}
	}

	fmt.Fprintf(b, "\n| durable writes, three replicas | writers | plain etcd, 1 KiB | direct | ratio | aim | through nginx | ratio |\n|---|---:|---:|---:|---:|---:|---:|---:|\n")
	of := func(who string, conns int) figure { return r.figures[event{who, bench.Write, conns, o.files}] }
	e, d, n := of(etcd, 1), of(direct, 1), of(nginx, 1)
	fmt.Fprintf(b, "| p50 | 1 | %.2f ms | %.2f ms | %.2f | ≤ 2 | %.2f ms | %.2f |\n", e.p50, d.p50, d.p50/e.p50, n.p50, n.p50/e.p50)
	fmt.Fprintf(b, "| rate | 1 | %.0f/s | %.0f/s | %.2f | | %.0f/s | %.2f |\n", e.rate, d.rate, d.rate/e.rate, n.rate, n.rate/e.rate)
	e, d, n = of(etcd, 16), of(direct, 16), of(nginx, 16)
	fmt.Fprintf(b, "| rate, 16 files of one branch | 16 | %.0f/s | %.0f/s | %.2f | ≥ 0.50 | %.0f/s | %.2f |\n", e.rate, d.rate, d.rate/e.rate, n.rate, n.rate/e.rate)
	fmt.Fprintf(b, "| p99 | 16 | %.2f ms | %.2f ms | %.2f | | %.2f ms | %.2f |\n", e.p99, d.p99, d.p99/e.p99, n.p99, n.p99/e.p99)
	fmt.Fprintf(b, "| refused or failed | 16 | %d | %d | | 0 | %d | |\n", e.failed, d.failed, n.failed)

	few, many := r.figures[event{direct, bench.Write, 1, o.few}], r.figures[event{direct, bench.Write, 1, o.many}]
	fmt.Fprintf(b, "\n| size of the repository | p50 of a write, direct | ratio | aim |\n|---|---:|---:|---:|\n")
	fmt.Fprintf(b, "| %d documents | %.2f ms | | |\n| %d documents | %.2f ms | %.2f | ≤ 1.25 |\n", o.few, few.p50, o.many, many.p50, many.p50/few.p50)

	if r.published.bare.Rate > 0 {
		writePublishing(b, r.published)
	}

	fmt.Fprintf(b, "\n| resident memory | idle, %v after the start | after all this |\n|---|---:|---:|\n", settleTime)
	for _, name := range slices.Sorted(maps.Keys(r.idle)) {
		fmt.Fprintf(b, "| %s | %d MB | %d MB |\n", name, r.idle[name]>>20, r.loaded[name]>>20)
	}
	if failed := failures(r); len(failed) > 0 {
		fmt.Fprintf(b, "\nErrors while measuring: %s.\n", strings.Join(failed, "; "))
	}
	return b.Flush()
}

// failures names the events in which something failed.
func failures(r results) (failed []string) {
	for e, f := range r.figures {
		if f.failed > 0 {
			failed = append(failed, fmt.Sprintf("%d of %s %s at %d connections", f.failed, e.who, e.mode, e.conns))
		}
	}
	slices.Sort(failed)
	return failed
}

// theMachine says in a line what this was measured on, and when.
func theMachine(now time.Time) string {
	return fmt.Sprintf("%s, %d cores, %s of memory, Linux %s, %s.", field("/proc/cpuinfo", "model name"),
		runtime.NumCPU(), field("/proc/meminfo", "MemTotal"), kernel(), runtime.Version()) +
		" Measured on " + now.UTC().Format("2 January 2006") + "."
}

// field returns what a file of the kernel says about key, or that it does not.
func field(file, key string) string {
	text, _ := os.ReadFile(file) // elsewhere than on Linux there is none
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return "unknown " + key
}

func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}
