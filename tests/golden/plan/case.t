# What a rollout takes and what it risks, without a cluster.
$ sgrc plan --sim ../../../examples/canary.sgr --set image=a/b:2
steps, and how long each takes while all is well:
  smoke                    2m10s347ms
  ramp                     8m23s869ms
  promote                  39s983ms
11m14s339ms in all, at most 30m; then it goes back by itself
should the new version turn bad at any moment:
  at 5%     seen within 1m20s by check healthy (7 samples)
  at 10%    seen within 30s by hold healthy (13 samples)
  at 25%    seen within 30s by hold healthy (13 samples)
  at 50%    seen within 30s by hold healthy (13 samples)
  at 75%    seen within 30s518ms by hold healthy (13 samples)
exposed at most: 75% of the traffic for 30s538ms, of which 20ms until it is back
nothing watches after 10m34s376ms
$ sgrc plan --sim ../../../examples/blue_green.sgr --set image=a/b:2
steps, and how long each takes while all is well:
  bring up                 20s338ms
  switch                   2m11s100ms
  retire                   2m10s220ms
4m41s738ms in all, at most 20m; then it goes back by itself
should the new version turn bad at any moment:
  at 100%   seen within 15s by hold serving (25 samples)
exposed at most: 100% of the traffic for 15s20ms, of which 20ms until it is back
nothing watches after 2m31s558ms
$ sgrc plan --sim ../../../examples/rolling.sgr --set image=a/b:2
steps, and how long each takes while all is well:
  half                     1m19s
  rest                     38s202ms
1m57s202ms in all, at most 20m; then it goes back by itself
should the new version turn bad at any moment:
  at 50%    seen within 20s by hold healthy (7 samples)
  at 100%   seen within 20s by check healthy (4 samples)
exposed at most: 100% of the traffic for 31s40ms, of which 11s40ms until it is back
nothing watches after 1m57s222ms
$ sgrc plan --sim by_pods.sgr --set image=a/b:2 --rollout ship
1m59s821ms in all, at most 30m; then it goes back by itself
should the new version turn bad at any moment:
  at 25%    seen within 1m5s by check fine (5 samples)
exposed at most: 25% of the traffic for 1m25s338ms, of which 20s338ms until it is back
nothing watches after 1m28s871ms
$ sgrc plan --sim by_pods.sgr --set image=a/b:2 --rollout blind
50s990ms in all, at most 5m; then it goes back by itself
nothing watches the new version
$ sgrc plan --sim by_pods.sgr --set image=a/b:2
sgrc: the script has several rollouts; say which with --rollout NAME
[1]
$ sgrc plan --sim by_pods.sgr --rollout ship
sgrc: by_pods.sgr: parameter `image` (image) has no value; give it with --set image=...
[1]
