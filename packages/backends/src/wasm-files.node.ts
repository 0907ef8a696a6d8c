/** In Node, the wasm backend finds its files beside itself. */

export function wasmFiles(): undefined {}
