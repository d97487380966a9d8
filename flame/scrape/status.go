package scrape

import (
	"cmp"
	"slices"
	"time"
)

// A State is what is done about a profile of a target right now.
type State string

// The states.
const (
	StateIdle      State = "idle"
	StateWaiting   State = "waiting"   // for its turn: the profiler or a slot
	StateCapturing State = "capturing" // the request is under way
)

// TargetStatus is what is known of one target.
type TargetStatus struct {
	ID       string            `json:"id"` // the same after a restart
	Job      string            `json:"job"`
	Service  string            `json:"service"`
	URL      string            `json:"url"` // without the profile's path
	Labels   map[string]string `json:"labels"`
	Profiles []ProfileStatus   `json:"profiles"` // by name
}

// ProfileStatus is what is known of one profile of a target. Times are zero until
// there is something to tell.
type ProfileStatus struct {
	Name          string        `json:"name"`
	Path          string        `json:"path"`
	Interval      time.Duration `json:"interval_ns"`
	Duration      time.Duration `json:"duration_ns"` // of a capture as configured, 0 for a snapshot
	State         State         `json:"state"`
	Next          time.Time     `json:"next,omitzero"`
	LastTry       time.Time     `json:"last_try,omitzero"`
	LastSuccess   time.Time     `json:"last_success,omitzero"`
	Took          time.Duration `json:"took_ns"` // the last try, whatever came of it
	Bytes         int           `json:"bytes"`   // of the last that came, as received
	Failures      int           `json:"failures"`
	LastError     string        `json:"last_error,omitempty"` // one sentence, "" once it works again
	LastErrorTime time.Time     `json:"last_error_time,omitzero"`
}

// Targets returns the status of all targets, by job, service and instance.
func (m *Manager) Targets() []TargetStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := []TargetStatus{}
	for _, p := range m.pools {
		for _, a := range p.active {
			s := TargetStatus{
				ID: a.target.id, Job: a.target.job, Service: a.target.service, URL: a.target.base,
				Labels: a.target.labels.Map(),
			}
			for _, l := range a.loops {
				s.Profiles = append(s.Profiles, l.snapshotStatus())
			}
			slices.SortFunc(s.Profiles, func(a, b ProfileStatus) int { return cmp.Compare(a.Name, b.Name) })
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b TargetStatus) int {
		return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(a.Service, b.Service), cmp.Compare(a.URL, b.URL), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// Problems are what discovery found and could not use, such as a target without
// an address.
func (m *Manager) Problems() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []string
	for _, p := range m.pools {
		for _, err := range p.errs {
			all = append(all, err.Error())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
