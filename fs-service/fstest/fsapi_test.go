package fstest_test

import (
	"testing"

	"rhapsode/fs-service/fsapi/fsapitest"
	"rhapsode/fs-service/fstest"
)

func TestMemoryKeepsTheContract(t *testing.T) { fsapitest.Run(t, fstest.Memory(t)) }

func TestOneNodeKeepsTheContract(t *testing.T) { fsapitest.Run(t, fstest.NewCluster(t, 1)) }

func TestThreeNodesKeepTheContract(t *testing.T) { fsapitest.Run(t, fstest.NewCluster(t, 3)) }
