package gitfmt

import "container/heap"

// queue gives commits newest first, and those of one second in the order in
// which they came: git's order. The zero queue is empty.
type queue[T any] struct {
	heap byDate[T]
	came int
}

// push adds what is called commit here, whose committer's clock said when.
func (q *queue[T]) push(when int64, commit T) {
	heap.Push(&q.heap, queued[T]{commit, when, q.came})
	q.came++
}

func (q *queue[T]) pop() T { return heap.Pop(&q.heap).(queued[T]).commit }

func (q *queue[T]) empty() bool { return len(q.heap) == 0 }

// queued is a commit in a queue.
type queued[T any] struct {
	commit T
	when   int64
	came   int
}

// byDate implements heap.Interface.
type byDate[T any] []queued[T]

func (h byDate[T]) Len() int      { return len(h) }
func (h byDate[T]) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h byDate[T]) Less(i, j int) bool {
	if h[i].when != h[j].when {
		return h[i].when > h[j].when
	}
	return h[i].came < h[j].came
}
func (h *byDate[T]) Push(x any) { *h = append(*h, x.(queued[T])) }
func (h *byDate[T]) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = queued[T]{}
	*h = (*h)[:last]
	return x
}
