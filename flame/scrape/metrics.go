package scrape

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	scrapes *prometheus.CounterVec // by job, profile, outcome: ok, busy, failed
	bytes   *prometheus.CounterVec // by job, profile
	running prometheus.Gauge
	waiting prometheus.Gauge
}

func newMetrics(m *Manager, r prometheus.Registerer) *metrics {
	x := &metrics{
		scrapes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "flame_scrapes_total",
			Help: "Profiles that were asked for by the schedule, by what came of it: ok, busy or failed."}, []string{"job", "profile", "outcome"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "flame_scrape_bytes_total",
			Help: "Bytes of profiles as they were received from targets."}, []string{"job", "profile"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{Name: "flame_captures_running",
			Help: "Profiles that are being fetched from targets, those on demand included."}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "flame_captures_waiting",
			Help: "Profiles that wait for a target's profiler or for a free slot."}),
	}
	r.MustRegister(x.scrapes, x.bytes, x.running, x.waiting)
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "flame_targets",
		Help: "Targets whose profiles are taken."}, func() float64 {
		m.mu.Lock()
		defer m.mu.Unlock()
		n := 0
		for _, p := range m.pools {
			n += len(p.active)
		}
		return float64(n)
	}))
	return x
}
