// Package ops has the sections of the configuration that concern how processes are operated, whatever they do:
// encryption of payloads, the codec server, logs, metrics, traces, and worker versions.
package ops

import "github.com/giftbridge/giftbridge/internal/config/env"

// Sections describes the sections of this package, in the order of the reference.
var Sections = []env.Section{payloadSection, codecSection, logSection, metricsSection, tracesSection, workerSection}

// problems returns an empty list, for a process that needs one section alone.
func problems() *env.Problems { return env.Schema{Sections: Sections}.Problems() }
