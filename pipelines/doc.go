// Package pipelines knows YAML and every step by name. A spec comes in; its steps run in order, each in a folder named by a key that
// covers everything its output depends on; a step whose key already has a manifest is not run again. Out go datasets, a corpus,
// checkpoints and a record of the run. It judges no document itself: rooms do, and this package joins them.
//
//	DIR/lock                       held while a run is on; names the process and the host
//	DIR/steps/<step>-<key>/        a dataset: shards, manifest.json last, timing.json beside it
//	DIR/runs/<name>-<n>.json       which datasets made up a run, and the spec that asked for them
//	DIR/cache/world.json           digests of files of the outside world, by path, size and time
//	DIR/scratch/                   what a step spills; emptied when a run starts
package pipelines
