export { type Comparison, expectClose, type Tolerance } from '@famjs/backends/testing';
export { callOf, sampleInputs, sampleUpstream } from './call.ts';
export { type AttentionChecks, attentionChecks, type Check, float32 } from './checks.ts';
export { edges } from './edges.ts';
export { exactAttention, type Structure, shapesOf, type Values64, valueShape } from './oracle.ts';
