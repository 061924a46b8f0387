module vgputrace.test/go_static

go 1.21
