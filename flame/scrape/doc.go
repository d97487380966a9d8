// Package scrape takes profiles from many programs, again and again: it finds the
// targets, decides when which profile of which target is due, takes it and hands
// it on to a [Sink].
//
// # Configuration
//
// [Config] has the shape of Prometheus's: scrape_configs with static_configs,
// file_sd_configs, http_sd_configs, dns_sd_configs, relabel_configs and the
// sections of its HTTP client, all through Prometheus's own packages. What is
// ours is the section profiles of a job: which profiles to take, and for each its
// interval, its duration and its path. The two are independent: 10 seconds of CPU
// every 60 seconds is the default.
//
//	scrape_configs:
//	  - job_name: shop
//	    profiles:
//	      cpu: {interval: 60s, duration: 10s}
//	      heap:
//	      queue: {path: /debug/pprof/queue, interval: 5m}
//	    static_configs:
//	      - targets: [shop-1:6060, shop-2:6060]
//	        labels: {env: prod}
//
// Relabelling sees __address__, __scheme__, __path_prefix__, __param_NAME and what
// the discovery adds (__meta_…). A target has the labels job and instance, as in
// Prometheus, and service, which is the job unless relabelling says otherwise.
//
// # Schedule
//
// Each profile of each target is taken at an offset in its interval that a hash of
// its labels chooses, the same after a restart, so that the targets of a job do
// not come all at once; when a job begins with few targets, they are taken at once
// as well. A target that fails is asked less and less often, down to once in five
// minutes. A program has one CPU profiler: captures that need it wait for each
// other, those on demand included.
//
// # What is stored
//
// CPU, fgprof, goroutine and other profiles are handed on as they came, compressed
// if they were not. The heap profile is two things at once: heap keeps what is in
// use, allocs what was allocated. The cumulative ones (allocs, mutex, block) become
// differences of two snapshots, so that sums over time mean something; the first
// snapshot only is the ground for the next. A program that was restarted begins at
// zero, and its first snapshot then counts whole.
package scrape
