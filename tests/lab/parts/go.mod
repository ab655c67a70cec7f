module streamgate.io/sgr/tests/lab

go 1.22
