package telemetry

import "sync"

// remembered is how many of the latest runs are remembered at least. A task is done again within seconds.
const remembered = 1000

// recently tells runs that were counted from those that were not: a workflow task that is done again, because something
// happened while it was done or its answer was late, is no replay.
type recently struct {
	mu           sync.Mutex
	runs, before map[string]bool
}

// first tells whether it is asked about a run for the first time.
func (r *recently) first(runID string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.runs[runID] || r.before[runID] {
		return false
	}
	if r.runs == nil || len(r.runs) == remembered {
		r.runs, r.before = make(map[string]bool, remembered), r.runs
	}
	r.runs[runID] = true
	return true
}
