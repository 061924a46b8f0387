module cgo_pressure

go 1.21
