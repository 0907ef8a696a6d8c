/** What a caller may say about how a backend is started. It counts when the backend starts, not while it runs. */
export interface BackendOptions {
  /** Which GPU webgpu and webgl take where there are several; the fastest unless given. */
  powerPreference?: 'high-performance' | 'low-power';
  /** Start webgl on a device that renders to float16 only: about three digits, too few to train and for parity. */
  allowHalfPrecision?: boolean;
  /**
   * The folder, with its slash, from which a page loads the `.wasm` files of `@tensorflow/tfjs-backend-wasm`, instead of
   * those that are part of this package.
   */
  wasmFolder?: string;
}
