module cgo_load

go 1.21
