package history

import (
	"math"
	"time"

	"github.com/anishathalye/porcupine"
)

// register is one document: its state is the Value that it holds.
//
// An unknown write needs no second branch in the model: its return is at the
// end of time, so "never done" is the same as "done after everything else",
// where nobody is left to see it.
func register() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return Value("") },
		Step: func(state, input, _ any) (bool, any) {
			now, op := state.(Value), input.(Op)
			switch {
			case op.Kind == Read:
				return now == op.New, now
			case op.Outcome == Refused:
				return now != op.Old, now
			case now == op.Old:
				return true, op.New
			}
			return op.Outcome == Unknown, now
		},
	}
}

// linearizable judges the operations of one document. Undecided: the time was up.
func linearizable(ops []Op, within time.Duration) (yes, decided bool) {
	var history []porcupine.Operation
	for _, op := range withoutUnseen(ops) {
		end := int64(op.Return)
		if op.Outcome == Unknown {
			end = math.MaxInt64
		}
		history = append(history, porcupine.Operation{ClientId: op.Client, Input: op, Call: int64(op.Call), Return: end})
	}
	result := porcupine.CheckOperationsTimeout(register(), history, within)
	return result == porcupine.Ok, result != porcupine.Unknown
}

// withoutUnseen leaves out the unknown writes whose value nobody met. Had one
// of them been done before the last read of the document, then only a change
// that expects its value could have taken that away again, or the last read
// would have found it. So it was not done while anybody looked. Without this,
// every such write would double the checker's work.
func withoutUnseen(ops []Op) []Op {
	met := map[Value]bool{}
	for _, op := range ops {
		if op.Kind == Read {
			met[op.New] = true
		}
		met[op.Old] = true
	}
	var seen []Op
	for _, op := range ops {
		if op.Outcome != Unknown || op.Kind != Write || met[op.New] {
			seen = append(seen, op)
		}
	}
	return seen
}
