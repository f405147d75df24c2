/**
 * Lines that are drawn over again in place. What does not fit on the screen is left out, and said so: a terminal can't go up beyond its edge.
 */
import type { Output } from './output.ts'

export interface Redraw {
  draw(lines: readonly string[]): void
  /** Leaves what is drawn, and the cursor below it. */
  end(): void
  /** Takes away what is drawn. */
  clear(): void
}

const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
const clearBelow = '\u001b[0J'
const clearLine = '\u001b[K'

export function createRedraw(out: Output): Redraw {
  let height = 0
  const toTop = (): string => (height === 0 ? '' : `\u001b[${height}A\r`)
  return {
    draw(lines) {
      const most = Math.max(3, out.rows - 1)
      const hidden = lines.length - most
      // The last lines say more about the whole than those in the middle.
      const fitting =
        hidden > 0
          ? [...lines.slice(0, most - 3), out.colors.dim(`… ${hidden + 1} more`), ...lines.slice(-2)]
          : lines
      out.write(
        `${hideCursor}${toTop()}${fitting.map((line) => `${line}${clearLine}\n`).join('')}${clearBelow}`,
      )
      height = fitting.length
    },
    end() {
      if (height === 0) return
      out.write(showCursor)
      height = 0
    },
    clear() {
      if (height === 0) return
      out.write(`${toTop()}${clearBelow}${showCursor}`)
      height = 0
    },
  }
}
