package main

import (
	"strings"
	"testing"
	"time"

	"rhapsode/testclients/bench"
)

func TestMedian(t *testing.T) {
	tests := []struct {
		rates []float64
		want  float64
	}{{[]float64{7}, 7}, {[]float64{1, 100, 3}, 3}, {[]float64{4, 1, 100, 2}, 3}}
	for _, tt := range tests {
		var rounds []figure
		for _, r := range tt.rates {
			rounds = append(rounds, figure{rate: r, p50: 2 * r, failed: 1})
		}
		if m := median(rounds); m.rate != tt.want || m.p50 != 2*tt.want || m.failed != int64(len(rounds)) {
			t.Errorf("the median of %v is %+v", tt.rates, m)
		}
	}
}

// TestPage: every figure is in its place, with its ratio to the floor.
func TestPage(t *testing.T) {
	o := options{rounds: 3, count: 2 * time.Second, files: 2000, few: 100, many: 20_000}
	r := results{
		figures: map[event]figure{
			{bareGo, bench.Read, 16, 2000}:   {rate: 20_000},
			{direct, bench.Read, 16, 2000}:   {rate: 8_000},
			{nginx, bench.Read, 16, 2000}:    {rate: 6_000},
			{etcd, bench.Write, 1, 2000}:     {rate: 900, p50: 1},
			{direct, bench.Write, 1, 2000}:   {rate: 500, p50: 1.8},
			{direct, bench.Write, 1, 100}:    {p50: 2},
			{direct, bench.Write, 1, 20_000}: {p50: 2.5},
			{nginx, bench.Write, 16, 2000}:   {failed: 3},
		},
		idle: map[string]int64{"fs1": 61 << 20}, loaded: map[string]int64{"fs1": 140 << 20},
		published: publishing{
			ours: bench.PublishReport{Works: 116, Downloads: 3, Bytes: 16_700_000, FirstP50: 1000, MinorP50: 250, Pages: bench.Report{Rate: 6000}},
			bare: bench.Report{Rate: 10_000},
		},
	}
	var b strings.Builder
	if err := page(&b, o, r, "A machine."); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"| GET | 16 | 20000/s | 8000/s | 0.40 | ≥ 0.33 | 6000/s | 0.30 |",
		"| p50 | 1 | 1.00 ms | 1.80 ms | 1.80 | ≤ 2 |",
		"| 20000 documents | 2.50 ms | 1.25 | ≤ 1.25 |",
		"| minor edition after one module's change | 250 ms, 0.25 of that | ≤ 0.25 |",
		"| 6000/s, 0.60 of a bare server's 10000/s | ≥ 0.50 |",
		"| fs1 | 61 MB | 140 MB |",
		"Errors while measuring: 3 of through nginx write at 16 connections.",
	} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("the page lacks %q:\n%s", line, b.String())
		}
	}
}
