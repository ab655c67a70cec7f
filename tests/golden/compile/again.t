$ sgrc compile again.sgr
apiVersion: v1
kind: Results
metadata:
  name: again
  namespace: default
data:
  exchanged:
  - "1 2"
  - "2 1"
  fibonacci: 55
  shifted: "5 4 3"
  turned:
  - "3 1 2"
  - "2 3 1"
  - "1 2 3"
  limited:
  - 27
  - 6
  deepest: end at 2
  item_of: 6
  twice: 20
