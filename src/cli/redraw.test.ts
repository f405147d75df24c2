import { createColors } from 'picocolors'
import { expect, test } from 'vitest'
import type { Output } from './output.ts'
import { createRedraw } from './redraw.ts'

function screen(rows: number): { output: Output; written: string[] } {
  const written: string[] = []
  const output: Output = {
    isTty: true,
    columns: 80,
    rows,
    colors: createColors(false),
    write: (text) => void written.push(String(text)),
    line: () => {},
    drained: () => Promise.resolve(),
  }
  return { output, written }
}

const linesOf = (text: string | undefined): string[] => (text ?? '').split('\u001b[K\n').slice(0, -1)

test('each drawing goes up by the height of the one before', () => {
  const { output, written } = screen(10)
  const redraw = createRedraw(output)
  redraw.draw(['a', 'b'])
  redraw.draw(['c'])
  redraw.clear()
  expect(written.map((text) => /\u001b\[(\d+)A/.exec(text)?.[1])).toEqual([undefined, '2', '1'])
})

test('what does not fit is left out and counted; the last lines stay', () => {
  const { output, written } = screen(7)
  createRedraw(output).draw(Array.from({ length: 20 }, (_, index) => `line ${index}`))
  const lines = linesOf(written[0])
  expect(lines).toHaveLength(6)
  expect(lines.slice(-3)).toEqual(['… 15 more', 'line 18', 'line 19'])
})

test('where nothing was drawn, nothing is taken away', () => {
  const { output, written } = screen(7)
  createRedraw(output).clear()
  createRedraw(output).end()
  expect(written).toEqual([])
})
