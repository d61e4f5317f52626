package telemetry

import "sync"

// remembered is the minimum number of latest runs that are remembered. A task is retried within seconds.
const remembered = 1000

// recently remembers which runs were counted. This is needed because a workflow task that is done again, after a new
// event during the task or a late response, is not a replay.
type recently struct {
	mu           sync.Mutex
	runs, before map[string]bool
}

// first reports whether it is called for the first time for a run.
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
