// The Go that tests/cluster/go fetches where the machine has none that is new enough. Its sums are in go.sum, one
// architecture each; no code imports it.
module sgr.test/cluster/go

go 1.19
