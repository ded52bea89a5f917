module octopus.test/farp-go

go 1.23.0

require (
	github.com/xraph/farp v1.3.0
	github.com/xraph/farp/discovery v1.2.0
)
