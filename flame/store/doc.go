// Package store keeps profiles in a bucket: a local directory or S3. The bucket is
// the whole database. What is in it opens with other tools as it is: packs with
// tar, profiles and roll-ups with go tool pprof.
//
//	s, err := store.Open(ctx, bucket, store.Options{})
//	id, err := s.Put(ctx, store.Profile{Labels: store.Labels{"service": "api"}, Type: "cpu", Data: pbgz})
//	go s.Run(ctx, time.Minute)                     // packs, roll-ups, retention
//	for e, err := range s.Select(ctx, query) { … } // what there is
//	series, err := s.Series(ctx, query, step)      // totals over time
//	p, stats, err := s.Merge(ctx, query)           // one profile of all
//
// # A profile's way
//
// Put hands a profile to the committer, which writes all that came within a tenth of
// a second into one segment, a tar file of .pb.gz files with an index at its end. When
// the bucket has it, Put returns: acknowledged is durable. Compact makes packs of
// segments, which are the same but of one service, type and hour, with their index as
// an object of its own beside it. When an hour is over its packs are merged, and
// RollUp makes one .pb.gz for each set of labels of it; of a day's hours it makes the
// day's. Expire deletes whole hours and days. The file key.go has the names of all
// these objects.
//
// Objects never change. A new one is complete before the ones that it replaces are
// deleted, and what is in two places meanwhile counts once, by its id. So every step
// may be cut off at any moment, and repeated; readers need no lock and look again when
// an object went away. Verify finds what a crash or a bad disk left, and repairs it;
// Rebuild makes all indexes and roll-ups anew from the packs.
//
// One process writes to a store, any number may read (see [Options.ReadOnly]). What
// it writes to S3 is safe from another by random names, but two that compact the same
// hour do double work and may leave a roll-up out of date until the next.
//
// # Over time
//
// Counters, which is nearly all sample types, are summed; gauges, as inuse_space and
// goroutine, averaged over the profiles: what one target holds at one moment (see
// [Gauge]). Roll-ups forget the labels that tell instances apart; a query that names
// one reads single profiles.
//
// # Costs
//
// In the index an entry has about 40 bytes, a profile of 45 kB so a thousandth of
// its size: 50 targets that are captured every minute make 3,000 entries an hour, 120
// kB; a week of them is 20 MB, which Series reads in a tenth of a second. In memory
// are the entries of segments only, at most 256 MB or 5 minutes of profiles (6,000
// entries of 45 kB, 1 MB), and a cache of at most 48 MB of indexes read. Compact and
// RollUp hold one pack (32 MB) and one merged tree, Merge one tree for each core.
//
// Objects: for each service and type an hour has one pack for every 32 MB or part of
// it, as many indexes, and two objects of its roll-up; a day two more. 40 services of
// 5 types make 20,000 objects a day, most of them small.
package store
