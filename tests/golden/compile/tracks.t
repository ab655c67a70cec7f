# The state at rest and after a step, in each mode.
$ sgrc compile ../../../examples/blue_green.sgr --set image=a/b:1 | grep -E '^kind|  name:|replicas:|    track'
kind: Deployment
  name: gateway-blue
    track: blue
      track: blue
        track: blue
            track: blue
  replicas: 3
kind: Deployment
  name: gateway-green
    track: green
      track: green
        track: green
            track: green
  replicas: 0
kind: Service
  name: gateway
    track: blue
kind: Service
  name: gateway-blue
    track: blue
kind: Service
  name: gateway-green
    track: green
$ sgrc compile ../../../examples/canary.sgr --set image=a/b:1 --at smoke | grep -E '^kind|^  name:|replicas:|canary-weight'
[no end after 60 s]
$ sgrc compile ../../../examples/canary.sgr --set image=a/b:1 --at nowhere
[no end after 60 s]
