import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitsNode, type NodeTarget } from './job.ts'

const node = { name: 'web1', labels: { role: 'db', zone: 'a' } }

describe('S-T6: a job that is for', () => {
  const cases: [what: string, target: Partial<NodeTarget>, reason: string | null][] = [
    ['any node', {}, null],
    ['this node', { nodes: ['web1'] }, null],
    ['this node and another one', { nodes: ['web2', 'web1'] }, null],
    ['another node', { nodes: ['web2'] }, 'it is for web2, and this node is web1'],
    ['several others', { nodes: ['web2', 'web3'] }, 'it is for web2, web3, and this node is web1'],
    ['a name that only begins alike', { nodes: ['web'] }, 'it is for web, and this node is web1'],
    ['a label that this node has', { labels: { role: 'db' } }, null],
    ['all labels that this node has', { labels: { role: 'db', zone: 'a' } }, null],
    [
      'another value of a label',
      { labels: { role: 'db', zone: 'b' } },
      'it is for nodes with zone=b, and this one has zone=a',
    ],
    [
      'a label that this node lacks',
      { labels: { gpu: 'yes' } },
      'it is for nodes with gpu=yes, and this one has no gpu',
    ],
    [
      'this node, with a label that it lacks',
      { nodes: ['web1'], labels: { gpu: 'yes' } },
      'it is for nodes with gpu=yes, and this one has no gpu',
    ],
  ]
  for (const [what, target, reason] of cases) {
    test(`${what}: ${reason ?? 'runs here'}`, () => {
      const fit = fitsNode({ nodes: [], labels: {}, ...target }, node)
      expect(fit).toEqual(reason === null ? { fits: true } : { fits: false, reason })
    })
  }

  test('some of the nodes, by name and labels, runs on exactly those', () => {
    const anyLabels = fc.dictionary(fc.constantFrom('role', 'zone'), fc.constantFrom('a', 'b'))
    const anyTarget = fc.record({ nodes: fc.subarray(['web1', 'web2']), labels: anyLabels })
    const anyNode = fc.record({ name: fc.constantFrom('web1', 'web2', 'web3'), labels: anyLabels })
    fc.assert(
      fc.property(anyTarget, anyNode, (target, one) => {
        const isNamed = target.nodes.length === 0 || target.nodes.includes(one.name)
        const isLabelled = Object.keys(target.labels).every((key) => one.labels[key] === target.labels[key])
        expect(fitsNode(target, one).fits).toBe(isNamed && isLabelled)
      }),
    )
  })
})
