/**
 * The gradients of @tensorflow/tfjs-core 4.22.0, made by tooling/tfjs/gradients.mjs.
 * Copyright Google LLC. Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
import { Abs as e, Acos as t, Acosh as n, Add as r, AddN as i, ArgMax as a, ArgMin as o, Asin as s, Asinh as c, Atan as l, Atan2 as u, Atanh as d, AvgPool as f, AvgPool3D as p, AvgPool3DGrad as m, AvgPoolGrad as ee, BatchMatMul as h, BatchToSpaceND as te, BroadcastTo as g, Cast as ne, Ceil as re, ClipByValue as ie, ComplexAbs as ae, Concat as oe, Conv2D as se, Conv2DBackpropFilter as ce, Conv2DBackpropInput as le, Conv3D as ue, Conv3DBackpropFilterV2 as de, Conv3DBackpropInputV2 as fe, Cos as pe, Cosh as me, Cumsum as he, DepthwiseConv2dNative as ge, DepthwiseConv2dNativeBackpropFilter as _e, DepthwiseConv2dNativeBackpropInput as ve, Dilation2D as ye, Dilation2DBackpropFilter as be, Dilation2DBackpropInput as xe, Elu as Se, EluGrad as Ce, Erf as we, Exp as Te, ExpandDims as Ee, Expm1 as De, Floor as Oe, FloorDiv as ke, FusedBatchNorm as Ae, GatherV2 as je, GreaterEqual as Me, Identity as Ne, IsFinite as Pe, IsInf as Fe, IsNan as Ie, LRN as Le, LRNGrad as Re, LeakyRelu as ze, Log as Be, Log1p as Ve, LogSoftmax as He, Max as Ue, MaxPool as We, MaxPool3D as Ge, MaxPool3DGrad as Ke, MaxPoolGrad as qe, Maximum as Je, Mean as Ye, Min as Xe, Minimum as Ze, MirrorPad as Qe, Mod as $e, Multiply as et, Neg as tt, OneHot as nt, OnesLike as rt, Pack as it, PadV2 as at, Pow as ot, Prelu as st, Prod as ct, RealDiv as lt, Reciprocal as ut, Relu as dt, Relu6 as ft, Reshape as pt, ResizeBilinear as mt, ResizeBilinearGrad as ht, ResizeNearestNeighbor as gt, ResizeNearestNeighborGrad as _t, Reverse as vt, Round as yt, Rsqrt as bt, Select as xt, Selu as St, Sigmoid as Ct, Sign as wt, Sin as Tt, Sinh as Et, Slice as Dt, Softmax as Ot, Softplus as kt, SpaceToBatchND as At, SplitV as jt, Sqrt as Mt, Square as Nt, SquaredDifference as Pt, Step as Ft, Sub as It, Sum as Lt, Tan as Rt, Tanh as zt, Tile as Bt, Transpose as Vt, Unpack as Ht, UnsortedSegmentSum as Ut, ZerosLike as Wt, add as _, backend_util as Gt, batchToSpaceND as Kt, cast as v, concat as qt, conv2d as Jt, cos as Yt, cosh as Xt, cumprod as Zt, cumsum as Qt, div as y, engine as b, env as x, equal as $t, exp as S, expandDims as en, floor as tn, gather as nn, greater as C, greaterEqual as rn, less as an, lessEqual as on, log as sn, logicalAnd as cn, logicalNot as ln, matMul as w, maximum as un, mul as T, neg as E, ones as dn, op as D, pad as fn, pow as pn, registerGradient as mn, reshape as O, reverse as hn, rsqrt as gn, scalar as k, sigmoid as _n, sin as vn, sinh as yn, slice as A, spaceToBatchND as bn, split as xn, sqrt as j, square as M, stack as Sn, step as Cn, sub as N, sum as P, tile as wn, transpose as F, unsortedSegmentSum as Tn, unstack as En, where as I, zeros as Dn, zerosLike as L } from "@tensorflow/tfjs-core";
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/gradients/Abs_grad.js
var On = {
	kernelName: e,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => T(e, Cn(v(n, "float32"), -1)) };
	}
}, kn = {
	kernelName: t,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => {
			let t = M(v(n, "float32")), r = j(N(k(1), t));
			return E(y(e, r));
		} };
	}
}, An = {
	kernelName: n,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => {
			let t = j(N(M(v(n, "float32")), 1));
			return y(e, t);
		} };
	}
};
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/ops/broadcast_util.js
function R(e, t) {
	let n = [];
	for (let r = 0; r < t.length; r++) {
		let i = e[e.length - r - 1], a = t.length - r - 1, o = t[a];
		(i == null || i === 1 && o > 1) && n.unshift(a);
	}
	return n;
}
function z(e, t) {
	let n = Math.max(e.length, t.length), r = Array(n);
	for (let i = 0; i < n; i++) {
		let a = e[e.length - i - 1];
		a ??= 1;
		let o = t[t.length - i - 1];
		if (o ??= 1, a === 1) r[n - i - 1] = o;
		else if (o === 1) r[n - i - 1] = a;
		else if (a !== o) {
			let n = `Operands could not be broadcast together with shapes ${e} and ${t}.`;
			throw Error(n);
		} else r[n - i - 1] = a;
	}
	return r;
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/gradients/Add_grad.js
var jn = {
	kernelName: r,
	inputsToSave: ["a", "b"],
	gradFunc: (e, t) => {
		let [n, r] = t, i = z(n.shape, r.shape);
		return {
			a: () => {
				let t = e, r = R(n.shape, i);
				return r.length > 0 && (t = P(t, r)), O(t, n.shape);
			},
			b: () => {
				let t = e, n = R(r.shape, i);
				return n.length > 0 && (t = P(t, n)), O(t, r.shape);
			}
		};
	}
}, Mn = {
	kernelName: i,
	saveAllInputs: !0,
	gradFunc: (e, t) => {
		let n = {};
		return t.forEach((t, r) => {
			n[r] = () => e.clone();
		}), n;
	}
}, Nn = {
	kernelName: a,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => L(n) };
	}
}, Pn = {
	kernelName: o,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => L(n) };
	}
}, Fn = {
	kernelName: s,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => y(e, j(N(k(1), M(v(n, "float32"))))) };
	}
}, In = {
	kernelName: c,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => {
			let t = j(_(k(1), M(v(n, "float32"))));
			return y(e, t);
		} };
	}
}, Ln = {
	kernelName: u,
	inputsToSave: ["a", "b"],
	gradFunc: (e, t) => {
		let [n, r] = t, i = z(n.shape, r.shape);
		return {
			a: () => {
				let t = _(M(n), M(r)), a = T(e, y(r, t)), o = R(n.shape, i);
				return o.length > 0 && (a = P(a, o)), O(a, n.shape);
			},
			b: () => {
				let t = _(M(n), M(r)), a = E(T(e, y(n, t))), o = R(r.shape, i);
				return o.length > 0 && (a = P(a, o)), O(a, r.shape);
			}
		};
	}
}, Rn = {
	kernelName: l,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => y(e, _(M(v(n, "float32")), 1)) };
	}
}, zn = {
	kernelName: d,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => y(e, N(k(1), M(v(n, "float32")))) };
	}
}, Bn;
function Vn() {
	if (Bn == null) {
		let e;
		if (typeof window < "u") e = window;
		else if (typeof global < "u") e = global;
		else if (typeof process < "u") e = process;
		else if (typeof self < "u") e = self;
		else throw Error("Could not find a global object");
		Bn = e;
	}
	return Bn;
}
function Hn() {
	let e = Vn();
	return e._tfGlobals ??= /* @__PURE__ */ new Map(), e._tfGlobals;
}
function Un(e, t) {
	let n = Hn();
	if (n.has(e)) return n.get(e);
	{
		let r = t();
		return n.set(e, r), n.get(e);
	}
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/platforms/is_typed_array_browser.js
function Wn(e) {
	return e instanceof Float32Array || e instanceof Int32Array || e instanceof Uint8Array || e instanceof Uint8ClampedArray;
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/util_base.js
function B(e, t) {
	if (!e) throw Error(typeof t == "string" ? t : t());
}
function Gn(e) {
	if (e.length === 0) return 1;
	let t = e[0];
	for (let n = 1; n < e.length; n++) t *= e[n];
	return t;
}
function Kn(e, t) {
	if (e === t) return !0;
	if (e == null || t == null || e.length !== t.length) return !1;
	for (let n = 0; n < e.length; n++) if (e[n] !== t[n]) return !1;
	return !0;
}
function qn(e) {
	return e % 1 == 0;
}
function Jn(e, t) {
	return t <= e.length ? e : e + " ".repeat(t - e.length);
}
function V(e, t) {
	let n = t.length;
	return e = e == null ? t.map((e, t) => t) : [].concat(e), B(e.every((e) => e >= -n && e < n), () => `All values in axis param must be in range [-${n}, ${n}) but got axis ${e}`), B(e.every((e) => qn(e)), () => `All values in axis param must be integers but got axis ${e}`), e.map((e) => e < 0 ? n + e : e);
}
function Yn(e, t) {
	for (let n = 0; n < e.length; n++) {
		let r = e[n];
		if (isNaN(r) || !isFinite(r)) throw Error(`A tensor of type ${t} being uploaded contains ${r}.`);
	}
}
function Xn(e) {
	if (e === "float32" || e === "int32") return 4;
	if (e === "complex64") return 8;
	if (e === "bool") return 1;
	throw Error(`Unknown dtype ${e}`);
}
function Zn(e) {
	return typeof e == "string" || e instanceof String;
}
function Qn(e) {
	return typeof e == "boolean";
}
function $n(e) {
	return typeof e == "number";
}
function er(e) {
	return Array.isArray(e) ? er(e[0]) : e instanceof Float32Array ? "float32" : e instanceof Int32Array || e instanceof Uint8Array || e instanceof Uint8ClampedArray ? "int32" : $n(e) ? "float32" : Zn(e) ? "string" : Qn(e) ? "bool" : "float32";
}
function tr(e) {
	let t = e.length;
	if (t < 2) return [];
	let n = Array(t - 1);
	n[t - 2] = e[t - 1];
	for (let r = t - 3; r >= 0; --r) n[r] = n[r + 1] * e[r + 1];
	return n;
}
function nr(e, t, n, r = !1) {
	let i = [];
	if (t.length === 1) {
		let a = t[0] * (r ? 2 : 1);
		for (let t = 0; t < a; t++) i[t] = n[e + t];
	} else {
		let a = t[0], o = t.slice(1), s = o.reduce((e, t) => e * t) * (r ? 2 : 1);
		for (let t = 0; t < a; t++) i[t] = nr(e + t * s, o, n, r);
	}
	return i;
}
function rr(e, t, n = !1) {
	if (e.length === 0) return t[0];
	let r = e.reduce((e, t) => e * t) * (n ? 2 : 1);
	if (r === 0) return [];
	if (r !== t.length) throw Error(`[${e}] does not match the input size ${t.length}${n ? " for a complex tensor" : ""}.`);
	return nr(0, e, t, n);
}
function ir(e) {
	return e && e.then && typeof e.then == "function";
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/util.js
function ar(e, t) {
	return e instanceof Float32Array && t === "float32" || e instanceof Int32Array && t === "int32" || e instanceof Uint8Array && t === "bool";
}
function or(e, t) {
	if (t === "string") throw Error("Cannot convert a string[] to a TypedArray");
	if (Array.isArray(e) && (e = U(e)), x().getBool("DEBUG") && Yn(e, t), ar(e, t)) return e;
	if (t == null || t === "float32" || t === "complex64") return new Float32Array(e);
	if (t === "int32") return new Int32Array(e);
	if (t === "bool") {
		let t = new Uint8Array(e.length);
		for (let n = 0; n < t.length; ++n) Math.round(e[n]) !== 0 && (t[n] = 1);
		return t;
	}
	throw Error(`Unknown data type ${t}`);
}
function sr(e, t = "utf-8") {
	return t ||= "utf-8", x().platform.decode(e, t);
}
function H(e) {
	return x().platform.isTypedArray == null ? Wn(e) : x().platform.isTypedArray(e);
}
function U(e, t = [], n = !1) {
	if (t ??= [], typeof e == "boolean" || typeof e == "number" || typeof e == "string" || ir(e) || e == null || H(e) && n) t.push(e);
	else if (Array.isArray(e) || H(e)) for (let r = 0; r < e.length; ++r) U(e[r], t, n);
	else {
		let r = -1;
		for (let t of Object.keys(e)) /^([1-9]+[0-9]*|0)$/.test(t) && (r = Math.max(r, Number(t)));
		for (let i = 0; i <= r; i++) U(e[i], t, n);
	}
	return t;
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/tensor_format.js
var cr = 20, W = 3, lr = 7;
function ur(e, t, n, r) {
	let i = tr(t), a = dr(e, t, n, i), o = t.length, s = K(e, t, n, i, a), c = ["Tensor"];
	return r && (c.push(`  dtype: ${n}`), c.push(`  rank: ${o}`), c.push(`  shape: [${t}]`), c.push("  values:")), c.push(s.map((e) => "    " + e).join("\n")), c.join("\n");
}
function dr(e, t, n, r) {
	let i = Gn(t), a = r[r.length - 1], o = Array(a).fill(0), s = t.length, c = n === "complex64" ? q(e) : e;
	if (s > 1) for (let e = 0; e < i / a; e++) {
		let t = e * a;
		for (let e = 0; e < a; e++) o[e] = Math.max(o[e], G(c[t + e], 0, n).length);
	}
	return o;
}
function G(e, t, n) {
	let r;
	return r = Array.isArray(e) ? `${parseFloat(e[0].toFixed(lr))} + ${parseFloat(e[1].toFixed(lr))}j` : Zn(e) ? `'${e}'` : n === "bool" ? fr(e) : parseFloat(e.toFixed(lr)).toString(), Jn(r, t);
}
function fr(e) {
	return e === 0 ? "false" : "true";
}
function K(e, t, n, r, i, a = !0) {
	let o = n === "complex64" ? 2 : 1, s = t[0], c = t.length;
	if (c === 0) return n === "complex64" ? [G(q(e)[0], 0, n)] : n === "bool" ? [fr(e[0])] : [e[0].toString()];
	if (c === 1) {
		if (s > cr) {
			let t = W * o, r = Array.from(e.slice(0, t)), a = Array.from(e.slice((s - W) * o, s * o));
			return n === "complex64" && (r = q(r), a = q(a)), ["[" + r.map((e, t) => G(e, i[t], n)).join(", ") + ", ..., " + a.map((e, t) => G(e, i[s - W + t], n)).join(", ") + "]"];
		}
		return ["[" + (n === "complex64" ? q(e) : Array.from(e)).map((e, t) => G(e, i[t], n)).join(", ") + "]"];
	}
	let l = t.slice(1), u = r.slice(1), d = r[0] * o, f = [];
	if (s > cr) {
		for (let t = 0; t < W; t++) {
			let r = t * d, a = r + d;
			f.push(...K(e.slice(r, a), l, n, u, i, !1));
		}
		f.push("...");
		for (let t = s - W; t < s; t++) {
			let r = t * d, a = r + d;
			f.push(...K(e.slice(r, a), l, n, u, i, t === s - 1));
		}
	} else for (let t = 0; t < s; t++) {
		let r = t * d, a = r + d;
		f.push(...K(e.slice(r, a), l, n, u, i, t === s - 1));
	}
	let p = c === 2 ? "," : "";
	f[0] = "[" + (s > 0 ? f[0] + p : "");
	for (let e = 1; e < f.length - 1; e++) f[e] = " " + f[e] + p;
	let m = ",\n";
	for (let e = 2; e < c; e++) m += "\n";
	return f[f.length - 1] = " " + f[f.length - 1] + "]" + (a ? "" : m), f;
}
function q(e) {
	let t = [];
	for (let n = 0; n < e.length; n += 2) t.push([e[n], e[n + 1]]);
	return t;
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/tensor.js
var J = null, Y = null, X = class {
	constructor(e, t, n, r) {
		this.kept = !1, this.isDisposedInternal = !1, this.shape = e.slice(), this.dtype = t || "float32", this.size = Gn(e), this.strides = tr(e), this.dataId = n, this.id = r, this.rankType = this.rank < 5 ? this.rank.toString() : "higher";
	}
	get rank() {
		return this.shape.length;
	}
	async buffer() {
		let e = await this.data();
		return Y.buffer(this.shape, this.dtype, e);
	}
	bufferSync() {
		return Y.buffer(this.shape, this.dtype, this.dataSync());
	}
	async array() {
		let e = await this.data();
		return rr(this.shape, e, this.dtype === "complex64");
	}
	arraySync() {
		return rr(this.shape, this.dataSync(), this.dtype === "complex64");
	}
	async data() {
		this.throwIfDisposed();
		let e = J().read(this.dataId);
		if (this.dtype === "string") {
			let t = await e;
			try {
				return t.map((e) => sr(e));
			} catch {
				throw Error("Failed to decode the string bytes into utf-8. To get the original bytes, call tensor.bytes().");
			}
		}
		return e;
	}
	dataToGPU(e) {
		return this.throwIfDisposed(), J().readToGPU(this.dataId, e);
	}
	dataSync() {
		this.throwIfDisposed();
		let e = J().readSync(this.dataId);
		if (this.dtype === "string") try {
			return e.map((e) => sr(e));
		} catch {
			throw Error("Failed to decode the string bytes into utf-8. To get the original bytes, call tensor.bytes().");
		}
		return e;
	}
	async bytes() {
		this.throwIfDisposed();
		let e = await J().read(this.dataId);
		return this.dtype === "string" ? e : new Uint8Array(e.buffer);
	}
	dispose() {
		this.isDisposed || (this.kerasMask && this.kerasMask.dispose(), J().disposeTensor(this), this.isDisposedInternal = !0);
	}
	get isDisposed() {
		return this.isDisposedInternal;
	}
	throwIfDisposed() {
		if (this.isDisposed) throw Error("Tensor is disposed.");
	}
	print(e = !1) {
		return Y.print(this, e);
	}
	clone() {
		return this.throwIfDisposed(), Y.clone(this);
	}
	toString(e = !1) {
		return ur(this.dataSync(), this.shape, this.dtype, e);
	}
	cast(e) {
		return this.throwIfDisposed(), Y.cast(this, e);
	}
	variable(e = !0, t, n) {
		return this.throwIfDisposed(), J().makeVariable(this, e, t, n);
	}
};
Object.defineProperty(X, Symbol.hasInstance, { value: (e) => !!e && e.data != null && e.dataSync != null && e.throwIfDisposed != null });
function pr() {
	return Un("Tensor", () => X);
}
pr(), Object.defineProperty(class extends X {
	constructor(e, t, n, r) {
		super(e.shape, e.dtype, e.dataId, r), this.trainable = t, this.name = n;
	}
	assign(e) {
		if (e.dtype !== this.dtype) throw Error(`dtype of the new value (${e.dtype}) and previous value (${this.dtype}) must match`);
		if (!Kn(e.shape, this.shape)) throw Error(`shape of the new value (${e.shape}) and previous value (${this.shape}) must match`);
		J().disposeTensor(this), this.dataId = e.dataId, J().incRef(this, null);
	}
	dispose() {
		J().disposeVariable(this), this.isDisposedInternal = !0;
	}
}, Symbol.hasInstance, { value: (e) => e instanceof X && e.assign != null && e.assign instanceof Function });
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/types.js
var mr;
(function(e) {
	e.R0 = "R0", e.R1 = "R1", e.R2 = "R2", e.R3 = "R3", e.R4 = "R4", e.R5 = "R5", e.R6 = "R6";
})(mr ||= {});
var hr;
(function(e) {
	e.float32 = "float32", e.int32 = "int32", e.bool = "int32", e.complex64 = "complex64";
})(hr ||= {});
var gr;
(function(e) {
	e.float32 = "float32", e.int32 = "int32", e.bool = "bool", e.complex64 = "complex64";
})(gr ||= {});
var _r;
(function(e) {
	e.float32 = "float32", e.int32 = "float32", e.bool = "float32", e.complex64 = "complex64";
})(_r ||= {});
var vr;
(function(e) {
	e.float32 = "complex64", e.int32 = "complex64", e.bool = "complex64", e.complex64 = "complex64";
})(vr ||= {});
function yr(e) {
	return typeof e == "object" && !!e && "texture" in e && e.texture instanceof WebGLTexture;
}
function br(e) {
	return typeof GPUBuffer < "u" && typeof e == "object" && !!e && "buffer" in e && e.buffer instanceof GPUBuffer;
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/tensor_util_env.js
var xr = b();
function Sr(e, t) {
	let n = e;
	if (H(e)) return t === "string" ? [] : [e.length];
	if (yr(e)) {
		let t = e.channels || "RGBA";
		return [e.height, e.width * t.length];
	}
	if (br(e)) return [e.buffer.size / (t == null ? 4 : Xn(t))];
	if (!Array.isArray(e)) return [];
	let r = [];
	for (; Array.isArray(n) || H(n) && t !== "string";) r.push(n.length), n = n[0];
	return Array.isArray(e) && x().getBool("TENSORLIKE_CHECK_SHAPE_CONSISTENCY") && Cr(e, r, []), r;
}
function Cr(e, t, n) {
	if (n ||= [], !Array.isArray(e) && !H(e)) {
		B(t.length === 0, () => `Element arr[${n.join("][")}] is a primitive, but should be an array/TypedArray of ${t[0]} elements`);
		return;
	}
	B(t.length > 0, () => `Element arr[${n.join("][")}] should be a primitive, but is an array of ${e.length} elements`), B(e.length === t[0], () => `Element arr[${n.join("][")}] should have ${t[0]} elements, but has ${e.length} elements`);
	let r = t.slice(1);
	for (let t = 0; t < e.length; ++t) Cr(e[t], r, n.concat(t));
}
function wr(e, t, n, r) {
	if (e !== "string_or_numeric") {
		if (e == null) throw Error("Expected dtype cannot be null.");
		if (e !== "numeric" && e !== t || e === "numeric" && t === "string") throw Error(`Argument '${n}' passed to '${r}' must be ${e} tensor, but got ${t} tensor`);
	}
}
function Z(e, t, n, r = "numeric") {
	if (e instanceof pr()) return wr(r, e.dtype, t, n), e;
	let i = er(e);
	if (i !== "string" && [
		"bool",
		"int32",
		"float32"
	].indexOf(r) >= 0 && (i = r), wr(r, i, t, n), e == null || !H(e) && !Array.isArray(e) && typeof e != "number" && typeof e != "boolean" && typeof e != "string") {
		let r = e == null ? "null" : e.constructor.name;
		throw Error(`Argument '${t}' passed to '${n}' must be a Tensor or TensorLike, but got '${r}'`);
	}
	let a = Sr(e, i);
	!H(e) && !Array.isArray(e) && (e = [e]);
	let o = i === "string" ? U(e, [], !0) : or(e, i);
	return xr.makeTensor(o, a, i);
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/ops/conv_util.js
function Tr(e) {
	return typeof e == "number" ? [
		e,
		e,
		e
	] : e.length === 2 ? [
		e[0],
		e[1],
		1
	] : e;
}
function Q(e) {
	let [t, n, r] = Tr(e);
	return t === 1 && n === 1 && r === 1;
}
function Er(e, t) {
	return Q(e) || Q(t);
}
function $(e, t, n) {
	if (n != null) {
		if (typeof t == "string") throw Error(`Error in ${e}: pad must be an integer when using dimRoundingMode ${n} but got pad ${t}.`);
		if (typeof t == "number") B(qn(t), () => `Error in ${e}: pad must be an integer when using dimRoundingMode ${n} but got pad ${t}.`);
		else if (typeof t == "object") t.forEach((t) => {
			t.forEach((t) => {
				B(qn(t), () => `Error in ${e}: pad must be an integer when using dimRoundingMode ${n} but got pad ${t}.`);
			});
		});
		else throw Error(`Error in ${e}: Unknown padding parameter: ${t}`);
	}
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/ops/avg_pool_3d_grad.js
var Dr = b();
function Or(e, t, n, r, i, a) {
	let o = Z(e, "dy", "avgPool3dGrad"), s = Z(t, "input", "avgPool3dGrad"), c = o, l = s, u = !1;
	s.rank === 4 && (u = !0, c = O(o, [
		1,
		o.shape[0],
		o.shape[1],
		o.shape[2],
		o.shape[3]
	]), l = O(s, [
		1,
		s.shape[0],
		s.shape[1],
		s.shape[2],
		s.shape[3]
	])), B(c.rank === 5, () => `Error in avgPool3dGrad: dy must be rank 5 but got rank ${c.rank}.`), B(l.rank === 5, () => `Error in avgPool3dGrad: input must be rank 5 but got rank ${l.rank}.`), $("avgPool3dGrad", i, a);
	let d = {
		dy: c,
		input: l
	}, f = {
		filterSize: n,
		strides: r,
		pad: i,
		dimRoundingMode: a
	}, p = Dr.runKernel(m, d, f);
	return u ? O(p, [
		p.shape[1],
		p.shape[2],
		p.shape[3],
		p.shape[4]
	]) : p;
}
var kr = /* @__PURE__ */ D({ avgPool3dGrad_: Or }), Ar = {
	kernelName: p,
	inputsToSave: ["x"],
	gradFunc: (e, t, n) => {
		let [r] = t, { filterSize: i, strides: a, pad: o, dimRoundingMode: s } = n;
		return { x: () => kr(e, r, i, a, o, s) };
	}
}, jr = b();
function Mr(e, t, n, r, i) {
	let a = Z(e, "dy", "avgPoolGrad"), o = Z(t, "input", "avgPoolGrad");
	B(o.rank === a.rank, () => `Rank of input (${o.rank}) does not match rank of dy (${a.rank})`);
	let s = o, c = a, l = !1;
	o.rank === 3 && (l = !0, s = O(o, [
		1,
		o.shape[0],
		o.shape[1],
		o.shape[2]
	]), c = O(a, [
		1,
		a.shape[0],
		a.shape[1],
		a.shape[2]
	])), B(c.rank === 4, () => `Error in avgPoolGrad: dy must be rank 4 but got rank ${c.rank}.`), B(s.rank === 4, () => `Error in avgPoolGrad: input must be rank 4 but got rank ${s.rank}.`);
	let u = {
		dy: c,
		input: s
	}, d = {
		filterSize: n,
		strides: r,
		pad: i
	}, f = jr.runKernel(ee, u, d);
	return l ? O(f, [
		f.shape[1],
		f.shape[2],
		f.shape[3]
	]) : f;
}
var Nr = /* @__PURE__ */ D({ avgPoolGrad_: Mr }), Pr = {
	kernelName: f,
	inputsToSave: ["x"],
	gradFunc: (e, t, n) => {
		let [r] = t, { filterSize: i, strides: a, pad: o } = n;
		return { x: () => Nr(e, r, i, a, o) };
	}
}, Fr = {
	kernelName: h,
	inputsToSave: ["a", "b"],
	gradFunc: (e, t, n) => {
		let [r, i] = t, { transposeA: a, transposeB: o } = n;
		return !a && !o ? {
			a: () => w(e, i, !1, !0),
			b: () => w(r, e, !0, !1)
		} : !a && o ? {
			a: () => w(e, i, !1, !1),
			b: () => w(e, r, !0, !1)
		} : a && !o ? {
			a: () => w(i, e, !1, !0),
			b: () => w(r, e, !1, !1)
		} : {
			a: () => w(i, e, !0, !0),
			b: () => w(e, r, !0, !0)
		};
	}
}, Ir = {
	kernelName: te,
	gradFunc: (e, t, n) => {
		let { blockShape: r, crops: i } = n;
		return { x: () => bn(e, r, i) };
	}
}, Lr = {
	kernelName: g,
	gradFunc: (e, t, n) => {
		let r = n, i = r.inputShape, a = r.shape, o = Array.from(a);
		for (let e = i.length - 1; e >= 0; e--) if (i[e] === a[e]) o[e] = 1;
		else if (i[e] !== 1) throw Error(`broadcastTo(): [${i}] cannot be broadcast to [${a}].`);
		let s = [];
		for (let e = 0; e < o.length; e++) o[e] > 1 && s.push(e);
		return { x: () => P(e, s, !0) };
	}
}, Rr = {
	kernelName: ne,
	gradFunc: (e) => ({ x: () => e.clone() })
}, zr = {
	kernelName: re,
	gradFunc: (e) => ({ x: () => L(e) })
}, Br = {
	kernelName: ie,
	inputsToSave: ["x"],
	gradFunc: (e, t, n) => {
		let [r] = t, { clipValueMin: i, clipValueMax: a } = n;
		return { x: () => I(cn(rn(r, i), on(r, a)), e, L(e)) };
	}
}, Vr = {
	kernelName: ae,
	inputsToSave: ["x"],
	gradFunc: On.gradFunc
}, Hr = {
	kernelName: oe,
	saveAllInputs: !0,
	gradFunc: (e, t, n) => {
		let r = t.map((e) => e.shape), { axis: i } = n, a = V(i, t[0].shape)[0], o = r.map((e) => e[a]);
		return xn(e, o, a).map((e) => () => e);
	}
}, Ur = b();
function Wr(e, t, n, r, i, a = "NHWC", o) {
	let s = e;
	e.rank === 3 && (s = O(e, [
		1,
		e.shape[0],
		e.shape[1],
		e.shape[2]
	]));
	let c = t;
	c.rank === 3 && (c = O(t, [
		1,
		t.shape[0],
		t.shape[1],
		t.shape[2]
	])), B(s.rank === 4, () => `Error in conv2dDerFilter: input must be rank 4, but got shape ${s.shape}.`), B(c.rank === 4, () => `Error in conv2dDerFilter: dy must be rank 4, but got shape ${c.shape}.`), B(n.length === 4, () => `Error in conv2dDerFilter: filterShape must be length 4, but got ${n}.`);
	let l = a === "NHWC" ? s.shape[3] : s.shape[1], u = a === "NHWC" ? c.shape[3] : c.shape[1];
	B(l === n[2], () => `Error in conv2dDerFilter: depth of input ${l}) must match input depth in filter (${n[2]}.`), B(u === n[3], () => `Error in conv2dDerFilter: depth of dy (${u}) must match output depth for filter (${n[3]}).`), $("conv2dDerFilter", i, o);
	let d = {
		x: s,
		dy: c
	}, f = {
		strides: r,
		pad: i,
		dataFormat: a,
		dimRoundingMode: o,
		filterShape: n
	};
	return Ur.runKernel(ce, d, f);
}
var Gr = /* @__PURE__ */ D({ conv2DBackpropFilter_: Wr }), Kr = b();
function qr(e, t, n, r, i, a = "NHWC", o) {
	B(e.length === t.rank, () => `Length of inShape (${e.length}) and rank of dy (${t.rank}) must match`);
	let s = e, c = t, l = !1;
	t.rank === 3 && (l = !0, c = O(t, [
		1,
		t.shape[0],
		t.shape[1],
		t.shape[2]
	]), s = [
		1,
		e[0],
		e[1],
		e[2]
	]), B(s.length === 4, () => `Error in conv2dDerInput: inShape must be length 4, but got length ${s.length}.`), B(c.rank === 4, () => `Error in conv2dDerInput: dy must be rank 4, but got rank ${c.rank}`), B(n.rank === 4, () => `Error in conv2dDerInput: filter must be rank 4, but got rank ${n.rank}`);
	let u = a === "NHWC" ? s[3] : s[1], d = a === "NHWC" ? c.shape[3] : c.shape[1];
	B(u === n.shape[2], () => `Error in conv2dDerInput: depth of input (${u}) must match input depth for filter ${n.shape[2]}.`), B(d === n.shape[3], () => `Error in conv2dDerInput: depth of output (${d}) must match output depth for filter ${n.shape[3]}.`), $("conv2dDerInput", i, o);
	let f = {
		dy: c,
		filter: n
	}, p = {
		strides: r,
		pad: i,
		dataFormat: a,
		dimRoundingMode: o,
		inputShape: s
	}, m = Kr.runKernel(le, f, p);
	return l ? O(m, [
		m.shape[1],
		m.shape[2],
		m.shape[3]
	]) : m;
}
var Jr = /* @__PURE__ */ D({ conv2DBackpropInput_: qr }), Yr = {
	kernelName: se,
	inputsToSave: ["x", "filter"],
	gradFunc: (e, t, n) => {
		let [r, i] = t, { dilations: a, strides: o, pad: s, dataFormat: c } = n;
		return B(Q(a), () => `Error in gradient of conv2D: dilation rates greater than 1 are not yet supported in gradients. Got dilations '${a}'`), {
			x: () => Jr(r.shape, e, i, o, s, c),
			filter: () => Gr(r, e, i.shape, o, s, c)
		};
	}
}, Xr = {
	kernelName: le,
	inputsToSave: ["dy", "filter"],
	gradFunc: (e, t, n) => {
		let [r, i] = t, { strides: a, pad: o, dataFormat: s, dimRoundingMode: c } = n;
		return {
			dy: () => Jt(e, i, a, o, s, 1, c),
			filter: () => Gr(e, r, i.shape, a, o, s, c)
		};
	}
}, Zr = b();
function Qr(e, t, n, r, i) {
	let a = e;
	e.rank === 4 && (a = O(e, [
		1,
		e.shape[0],
		e.shape[1],
		e.shape[2],
		e.shape[3]
	]));
	let o = t;
	o.rank === 4 && (o = O(t, [
		1,
		t.shape[0],
		t.shape[1],
		t.shape[2],
		t.shape[3]
	])), B(a.rank === 5, () => `Error in conv3dDerFilter: input must be rank 5, but got shape ${a.shape}.`), B(o.rank === 5, () => `Error in conv3dDerFilter: dy must be rank 5, but got shape ${o.shape}.`), B(n.length === 5, () => `Error in conv3dDerFilter: filterShape must be length 5, but got ${n}.`), B(a.shape[4] === n[3], () => `Error in conv3dDerFilter: depth of input ${a.shape[4]}) must match input depth in filter (${n[3]}.`), B(o.shape[4] === n[4], () => `Error in conv3dDerFilter: depth of dy (${o.shape[4]}) must match output depth for filter (${n[4]}).`);
	let s = {
		x: a,
		dy: o
	}, c = {
		strides: r,
		pad: i,
		filterShape: n
	};
	return Zr.runKernel(de, s, c);
}
var $r = /* @__PURE__ */ D({ conv3DBackpropFilter_: Qr }), ei = b();
function ti(e, t, n, r, i) {
	B(e.length === t.rank, () => `Length of inShape (${e.length}) and rank of dy (${t.rank}) must match`);
	let a = e, o = t, s = !1;
	t.rank === 4 && (s = !0, o = O(t, [
		1,
		t.shape[0],
		t.shape[1],
		t.shape[2],
		t.shape[3]
	]), a = [
		1,
		e[0],
		e[1],
		e[2],
		e[3]
	]);
	let c = a[4], l = o.shape[4];
	B(a.length === 5, () => `Error in conv3dDerInput: inShape must be length 5, but got length ${a.length}.`), B(o.rank === 5, () => `Error in conv3dDerInput: dy must be rank 5, but got rank ${o.rank}`), B(n.rank === 5, () => `Error in conv3dDerInput: filter must be rank 5, but got rank ${n.rank}`), B(c === n.shape[3], () => `Error in conv3dDerInput: depth of input (${c}) must match input depth for filter ${n.shape[3]}.`), B(l === n.shape[4], () => `Error in conv3dDerInput: depth of output (${l}) must match output depth for filter ${n.shape[4]}.`);
	let u = {
		dy: o,
		filter: n
	}, d = {
		pad: i,
		strides: r,
		inputShape: a
	}, f = ei.runKernel(fe, u, d);
	return s ? O(f, [
		f.shape[1],
		f.shape[2],
		f.shape[3],
		f.shape[4]
	]) : f;
}
var ni = /* @__PURE__ */ D({ conv3DBackpropInput_: ti }), ri = {
	kernelName: ue,
	inputsToSave: ["x", "filter"],
	gradFunc: (e, t, n) => {
		let { dilations: r, strides: i, pad: a } = n;
		B(Q(r), () => `Error in gradient of conv3D: dilation rates greater than 1 are not yet supported in gradients. Got dilations '${r}'`);
		let [o, s] = t;
		return {
			x: () => ni(o.shape, e, s, i, a),
			filter: () => $r(o, e, s.shape, i, a)
		};
	}
}, ii = {
	kernelName: pe,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => T(E(vn(v(n, "float32"))), e) };
	}
}, ai = {
	kernelName: me,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => T(yn(v(n, "float32")), e) };
	}
};
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/ops/axis_util.js
function oi(e, t) {
	for (let n = 0; n < e.length; ++n) if (e[e.length - n - 1] !== t - 1 - n) return !1;
	return !0;
}
function si(e, t, n) {
	let r = e.length + t.length, i = [], a = 0, o = 0;
	for (let s = 0; s < r; s++) n.indexOf(s) === -1 ? i.push(e[a++]) : i.push(t[o++]);
	return i;
}
function ci(e, t) {
	let n = [], r = e.length;
	for (let i = 0; i < r; i++) t.indexOf(i) === -1 && n.push(e[i]);
	return [n, t.map((t) => e[t])];
}
function li(e, t) {
	return si(e, t.map((e) => 1), t);
}
function ui(e, t) {
	if (oi(e, t)) return null;
	let n = [];
	for (let r = 0; r < t; ++r) e.indexOf(r) === -1 && n.push(r);
	return e.forEach((e) => n.push(e)), n;
}
function di(e) {
	return e.map((e, t) => [t, e]).sort((e, t) => e[1] - t[1]).map((e) => e[0]);
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/gradients/Cumsum_grad.js
var fi = {
	kernelName: he,
	inputsToSave: ["x"],
	gradFunc: (e, t, n) => {
		let [r] = t, { axis: i, exclusive: a, reverse: o } = n;
		return { x: () => {
			let t = ui([i], r.rank), n = Qt(e, i, a, !o);
			return t != null && (n = F(n, t)), n;
		} };
	}
}, pi = b();
function mi(e, t, n, r, i, a = [1, 1], o) {
	let s = e;
	e.rank === 3 && (s = O(e, [
		1,
		e.shape[0],
		e.shape[1],
		e.shape[2]
	]));
	let c = t;
	c.rank === 3 && (c = O(t, [
		1,
		t.shape[0],
		t.shape[1],
		t.shape[2]
	]));
	let l = {
		x: s,
		dy: c
	}, u = {
		strides: r,
		pad: i,
		dimRoundingMode: o,
		dilations: a,
		filterShape: n
	};
	return pi.runKernel(_e, l, u);
}
var hi = D({ depthwiseConv2dNativeBackpropFilter_: mi }), gi = b();
function _i(e, t, n, r, i, a = [1, 1], o) {
	let s = t, c = !1;
	t.rank === 3 && (c = !0, s = O(t, [
		1,
		t.shape[0],
		t.shape[1],
		t.shape[2]
	]));
	let l = {
		dy: s,
		filter: n
	}, u = {
		strides: r,
		pad: i,
		dimRoundingMode: o,
		dilations: a,
		inputShape: e
	}, d = gi.runKernel(ve, l, u);
	return c ? O(d, [
		d.shape[1],
		d.shape[2],
		d.shape[3]
	]) : d;
}
var vi = D({ depthwiseConv2dNativeBackpropInput_: _i }), yi = {
	kernelName: ge,
	inputsToSave: ["x", "filter"],
	gradFunc: (e, t, n) => {
		let { dilations: r, strides: i, pad: a, dimRoundingMode: o } = n, s = r ?? [1, 1];
		B(Q(s), () => `Error in gradient of depthwiseConv2dNative: dilation rates greater than 1 are not yet supported. Got dilations '${s}'`);
		let [c, l] = t;
		return B(c.rank === 4, () => `Error in gradient of depthwiseConv2dNative: input must be rank 4, but got rank ${c.rank}.`), B(l.rank === 4, () => `Error in gradient of depthwiseConv2dNative: filter must be rank 4, but got rank ${l.rank}.`), B(c.shape[3] === l.shape[2], () => `Error in gradient of depthwiseConv2d: number of input channels (${c.shape[3]}) must match the inChannels dimension in filter ${l.shape[2]}.`), B(Er(i, s), () => `Error in gradient of depthwiseConv2d: Either strides or dilations must be  1. Got strides ${i} and dilations '${s}'.`), $("depthwiseConv2d", a, o), {
			x: () => vi(c.shape, e, l, i, a, s, o),
			filter: () => hi(c, e, l.shape, i, a, s, o)
		};
	}
}, bi = b(), xi = {
	kernelName: ye,
	inputsToSave: ["x", "filter"],
	gradFunc: (e, t, n) => {
		let [r, i] = t, a = {
			x: r,
			filter: i,
			dy: e
		}, o = {
			x: r,
			filter: i,
			dy: e
		};
		return {
			x: () => bi.runKernel(xe, a, n),
			filter: () => bi.runKernel(be, o, n)
		};
	}
}, Si = b(), Ci = {
	kernelName: Se,
	outputsToSave: [!0],
	gradFunc: (e, t) => {
		let [n] = t, r = {
			dy: e,
			y: n
		};
		return { x: () => Si.runKernel(Ce, r) };
	}
}, wi = {
	kernelName: we,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t, r = T(S(E(M(n))), 2 / Math.sqrt(Math.PI));
		return { x: () => T(e, r) };
	}
}, Ti = {
	kernelName: Te,
	outputsToSave: [!0],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => T(e, n) };
	}
}, Ei = {
	kernelName: Ee,
	inputsToSave: ["input"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { input: () => O(e, n.shape) };
	}
}, Di = {
	kernelName: De,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => T(e, S(n)) };
	}
}, Oi = {
	kernelName: Oe,
	gradFunc: (e) => ({ x: () => L(e) })
}, ki = {
	kernelName: ke,
	inputsToSave: ["a", "b"],
	gradFunc: (e, t) => {
		let [n, r] = t, i = z(n.shape, r.shape);
		return {
			a: () => {
				let t = y(e, v(r, "float32")), a = R(n.shape, i);
				return a.length > 0 ? O(P(t, a), n.shape) : t;
			},
			b: () => {
				let t = T(e, v(n, "float32")), a = R(r.shape, i);
				a.length > 0 && (t = O(P(t, a), r.shape));
				let o = M(r);
				return E(y(t, v(o, "float32")));
			}
		};
	}
}, Ai = {
	kernelName: Ae,
	inputsToSave: [
		"x",
		"mean",
		"variance",
		"scale"
	],
	gradFunc: (e, t, n) => {
		let { varianceEpsilon: r } = n, [i, a, o, s] = t, c = s ?? k(1), l = R(a.shape, i.shape), u = [];
		if (a.rank === 1) {
			for (let e = 0; e < i.shape.length - 1; ++e) u.push(i.shape[e]);
			u.push(1);
		}
		let d = N(i, a), f = T(e, c), p = gn(_(o, k(r))), m = T(T(T(p, p), p), k(-.5));
		return {
			x: () => a.rank === 1 ? O(T(T(e, wn(O(p, [
				1,
				1,
				1,
				a.shape[0]
			]), u)), c), i.shape) : O(T(T(e, p), c), i.shape),
			mean: () => {
				let e = T(T(p, k(-1)), f);
				return a.rank === 1 && (e = P(e, l)), O(e, a.shape);
			},
			variance: () => {
				let e = T(T(m, d), f);
				return a.rank === 1 && (e = P(e, l)), O(e, a.shape);
			},
			scale: () => {
				let t = T(d, p), n = T(e, t);
				return a.rank === 1 && (n = P(n, l)), O(n, a.shape);
			},
			offset: () => {
				let t = e;
				return a.rank === 1 && (t = P(t, l)), O(t, a.shape);
			}
		};
	}
}, ji = {
	kernelName: je,
	inputsToSave: ["x", "indices"],
	gradFunc: (e, t, n) => {
		let [r, i] = t, { axis: a, batchDims: o } = n, s = V(a, r.shape)[0], c = (e, t, n) => () => {
			let r = e.shape, i = t.size, o = r.slice(0, s), c = o.length, l = r.slice(a, r.length).slice(1), u = l.length, d = Mi(0, c), f = Mi(c + 1, c + 1 + u), p = Ni([
				o,
				[i],
				l
			]), m = O(n, p), ee = O(t, [i]), h = Ni([
				[c],
				d,
				f
			]), te = F(m, h), g = Tn(te, ee, e.shape[s]), ne = di(h);
			return g = F(g, ne), g;
		};
		if (o === 1) {
			let t = r.shape[0], n = r.split(t, 0);
			return {
				x: () => Sn(n.map((t, n) => c(t, i.slice(n, 1), e.slice(n, 1))())).reshape(r.shape),
				indices: () => i
			};
		}
		return {
			x: c(r, i, e),
			indices: () => i
		};
	}
};
function Mi(e, t) {
	let n = [];
	for (let r = e; r < t; ++r) n.push(r);
	return n;
}
function Ni(e) {
	let t = [];
	for (let n = 0; n < e.length; ++n) for (let r = 0; r < e[n].length; ++r) t.push(e[n][r]);
	return t;
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/gradients/GreaterEqual_grad.js
var Pi = {
	kernelName: Me,
	inputsToSave: ["a", "b"],
	gradFunc: (e, t) => {
		let [n, r] = t;
		return {
			a: () => L(n),
			b: () => L(r)
		};
	}
}, Fi = {
	kernelName: Ne,
	gradFunc: (e) => ({ x: () => v(e, "float32") })
}, Ii = {
	kernelName: Pe,
	gradFunc: (e) => ({ x: () => L(e) })
}, Li = {
	kernelName: Fe,
	gradFunc: (e) => ({ x: () => L(e) })
}, Ri = {
	kernelName: Ie,
	gradFunc: (e) => ({ x: () => L(e) })
}, zi = {
	kernelName: ze,
	inputsToSave: ["x"],
	gradFunc: (e, t, n) => {
		let [r] = t, { alpha: i } = n, a = C(r, 0);
		return { x: () => I(a, e, T(e, i)) };
	}
}, Bi = {
	kernelName: Ve,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => y(e, _(n, 1)) };
	}
}, Vi = {
	kernelName: Be,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => y(e, v(n, "float32")) };
	}
}, Hi = {
	kernelName: He,
	inputsToSave: [],
	outputsToSave: [!0],
	gradFunc: (e, t, n) => {
		let [r] = t, { axis: i } = n;
		return { logits: () => {
			let t = S(r);
			return N(e, T(P(e, i, !0), t));
		} };
	}
}, Ui = b();
function Wi(e, t, n, r = 5, i = 1, a = 1, o = .5) {
	let s = {
		x: e,
		y: t,
		dy: n
	}, c = {
		depthRadius: r,
		bias: i,
		alpha: a,
		beta: o
	};
	return Ui.runKernel(Re, s, c);
}
var Gi = D({ localResponseNormalizationBackprop_: Wi }), Ki = {
	kernelName: Le,
	inputsToSave: ["x"],
	outputsToSave: [!0],
	gradFunc: (e, t, n) => {
		let [r, i] = t, { depthRadius: a, bias: o, alpha: s, beta: c } = n;
		return { x: () => Gi(r, i, e, a, o, s, c) };
	}
};
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/gradients/min_max_grad_util.js
function qi(e, t, n, r) {
	return t.rank < n.rank && (t = O(t, li(t.shape, r))), e.rank < n.rank && (e = O(e, li(e.shape, r))), { x: () => T(e, v($t(n, t), e.dtype)) };
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/gradients/Max_grad.js
var Ji = {
	kernelName: Ue,
	inputsToSave: ["x"],
	outputsToSave: [!0],
	gradFunc: (e, t, n) => {
		let { reductionIndices: r } = n, i = t[0], a = t[1], o = qi(e, a, i, V(r, i.shape));
		return { x: () => o.x() };
	}
}, Yi = {
	kernelName: Je,
	inputsToSave: ["a", "b"],
	gradFunc: (e, t) => {
		let [n, r] = t;
		return {
			a: () => T(e, v(rn(n, r), "float32")),
			b: () => T(e, v(an(n, r), "float32"))
		};
	}
}, Xi = b();
function Zi(e, t, n, r, i, a, o) {
	let s = Z(e, "dy", "maxPool3dGrad"), c = Z(t, "input", "maxPool3dGrad"), l = Z(n, "output", "maxPool3dGrad"), u = s, d = c, f = l, p = !1;
	c.rank === 4 && (p = !0, u = O(s, [
		1,
		s.shape[0],
		s.shape[1],
		s.shape[2],
		s.shape[3]
	]), d = O(c, [
		1,
		c.shape[0],
		c.shape[1],
		c.shape[2],
		c.shape[3]
	]), f = O(l, [
		1,
		l.shape[0],
		l.shape[1],
		l.shape[2],
		l.shape[3]
	])), B(u.rank === 5, () => `Error in maxPool3dGrad: dy must be rank 5 but got rank ${u.rank}.`), B(d.rank === 5, () => `Error in maxPool3dGrad: input must be rank 5 but got rank ${d.rank}.`), B(f.rank === 5, () => `Error in maxPool3dGrad: output must be rank 5 but got rank ${f.rank}.`), $("maxPool3dGrad", a, o);
	let m = {
		dy: u,
		input: d,
		output: f
	}, ee = {
		filterSize: r,
		strides: i,
		pad: a,
		dimRoundingMode: o
	}, h = Xi.runKernel(Ke, m, ee);
	return p ? O(h, [
		h.shape[1],
		h.shape[2],
		h.shape[3],
		h.shape[4]
	]) : h;
}
var Qi = /* @__PURE__ */ D({ maxPool3dGrad_: Zi }), $i = {
	kernelName: Ge,
	inputsToSave: ["x"],
	outputsToSave: [!0],
	gradFunc: (e, t, n) => {
		let [r, i] = t, { filterSize: a, strides: o, pad: s, dimRoundingMode: c } = n;
		return { x: () => Qi(e, r, i, a, o, s, c) };
	}
}, ea = b();
function ta(e, t, n, r, i, a, o) {
	let s = Z(e, "dy", "maxPoolGrad"), c = Z(t, "input", "maxPoolGrad"), l = Z(n, "output", "maxPoolGrad");
	B(c.rank === s.rank, () => `Rank of input (${c.rank}) does not match rank of dy (${s.rank})`), B(s.rank === 4, () => `Error in maxPoolGrad: dy must be rank 4 but got rank ${s.rank}.`), B(c.rank === 4, () => `Error in maxPoolGrad: input must be rank 4 but got rank ${c.rank}.`), $("maxPoolGrad", a, o);
	let u = {
		dy: s,
		input: c,
		output: l
	}, d = {
		filterSize: r,
		strides: i,
		pad: a,
		dimRoundingMode: o
	};
	return ea.runKernel(qe, u, d);
}
var na = /* @__PURE__ */ D({ maxPoolGrad_: ta }), ra = {
	kernelName: We,
	inputsToSave: ["x"],
	outputsToSave: [!0],
	gradFunc: (e, t, n) => {
		let [r, i] = t, { filterSize: a, strides: o, pad: s } = n;
		return { x: () => na(e, r, i, a, o, s) };
	}
}, ia = {
	kernelName: Ye,
	inputsToSave: ["x"],
	gradFunc: (e, t, n) => {
		let [r] = t, { axis: i } = n, a = V(i, r.shape), o = ci(r.shape, a)[1], s = Gn(o);
		return { x: () => {
			let t = r.shape.slice();
			a.forEach((e) => {
				t[e] = 1;
			});
			let n = O(e, t);
			return y(T(n, dn(r.shape, "float32")), s);
		} };
	}
}, aa = {
	kernelName: Xe,
	inputsToSave: ["x"],
	outputsToSave: [!0],
	gradFunc: (e, t, n) => {
		let { axis: r } = n, [i, a] = t, o = qi(e, a, i, V(r, i.shape));
		return { x: () => o.x() };
	}
}, oa = {
	kernelName: Ze,
	inputsToSave: ["a", "b"],
	gradFunc: (e, t) => {
		let [n, r] = t;
		return {
			a: () => T(e, v(on(n, r), "float32")),
			b: () => T(e, v(C(n, r), "float32"))
		};
	}
}, sa = {
	kernelName: Qe,
	inputsToSave: ["x"],
	gradFunc: (e, t, n) => {
		let r = t[0], { paddings: i } = n, a = i.map((e) => e[0]);
		return { x: () => A(e, a, r.shape) };
	}
}, ca = {
	kernelName: $e,
	inputsToSave: ["a", "b"],
	gradFunc: (e, t) => {
		let [n, r] = t, i = z(n.shape, r.shape);
		return {
			a: () => {
				let t = R(n.shape, i);
				return t.length > 0 ? O(P(e, t), n.shape) : e;
			},
			b: () => {
				let t = T(e, E(tn(y(n, r)))), a = R(r.shape, i);
				return a.length > 0 ? O(P(t, a), r.shape) : t;
			}
		};
	}
}, la = {
	kernelName: et,
	inputsToSave: ["a", "b"],
	gradFunc: (e, t) => {
		let [n, r] = t, i = z(n.shape, r.shape);
		return {
			a: () => {
				let t = T(e, v(r, "float32")), a = R(n.shape, i);
				return a.length > 0 ? O(P(t, a), n.shape) : t;
			},
			b: () => {
				let t = T(e, v(n, "float32")), a = R(r.shape, i);
				return a.length > 0 ? O(P(t, a), r.shape) : t;
			}
		};
	}
}, ua = {
	kernelName: tt,
	gradFunc: (e) => ({ x: () => E(e) })
}, da = {
	kernelName: nt,
	inputsToSave: ["indices"],
	gradFunc: (e, t) => {
		let n = t[0];
		return { indices: () => Dn(n.shape, "float32") };
	}
}, fa = {
	kernelName: rt,
	gradFunc: (e) => ({ x: () => L(e) })
}, pa = {
	kernelName: it,
	saveAllInputs: !0,
	gradFunc: (e, t, n) => {
		let { axis: r } = n;
		return En(e, r).map((e) => () => e);
	}
}, ma = {
	kernelName: at,
	inputsToSave: ["x"],
	gradFunc: (e, t, n) => {
		let r = t[0], { paddings: i } = n, a = i.map((e) => e[0]);
		return { x: () => A(e, a, r.shape) };
	}
}, ha = {
	kernelName: ot,
	inputsToSave: ["a", "b"],
	outputsToSave: [!0],
	gradFunc: (e, t) => {
		let [n, r, i] = t, a = n, o = r, s = z(a.shape, o.shape);
		return {
			a: () => {
				let t = v(o, "float32"), n = T(e, T(t, pn(a, N(t, k(1))))), r = R(a.shape, s);
				return r.length > 0 && (n = P(n, r)), O(n, a.shape);
			},
			b: () => {
				let t = C(a, 0), n = I(t, sn(a), L(a)), r = T(e, T(i, n)), c = R(o.shape, s);
				return c.length > 0 && (r = P(r, c)), O(r, o.shape);
			}
		};
	}
}, ga = {
	kernelName: st,
	inputsToSave: ["x", "alpha"],
	gradFunc: (e, t) => {
		let [n, r] = t, i = C(n, 0);
		return {
			x: () => I(i, e, T(e, r)),
			alpha: () => {
				let t = I(i, L(e), T(e, n)), a = R(r.shape, e.shape);
				return a.length > 0 && (t = P(t, a)), O(t, r.shape);
			}
		};
	}
};
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/gradients/Prod_grad.js
function _a(e, t, n) {
	let r = e.shape.slice();
	r[n] = 1;
	let i = O(t, r), a = Zt(e, n, !0, !1), o = Zt(e, n, !0, !0), s = T(a, o);
	return T(i, s);
}
function va(e, t, n) {
	let r = e.shape.length, i = r - n.length, a = Gt.getAxesPermutation(n, r), o = e;
	a != null && (o = F(e, a));
	let s = o.shape.slice(), c = s.splice(r - n.length, n.length).reduce((e, t) => e * t, 1);
	s.push(c);
	let l = _a(o.reshape(s), t, i);
	if (l = l.reshape(o.shape), a != null) {
		let e = Gt.getUndoAxesPermutation(a);
		l = F(l, e);
	}
	return l;
}
var ya = {
	kernelName: ct,
	inputsToSave: ["x"],
	gradFunc: (e, t, n) => {
		let [r] = t, { axis: i } = n, a = [];
		return a = i == null ? r.shape.map((e, t) => t) : typeof i == "number" ? [i] : i, { x: () => va(r, e, a) };
	}
}, ba = {
	kernelName: lt,
	inputsToSave: ["a", "b"],
	gradFunc: (e, t) => {
		let [n, r] = t, i = z(n.shape, r.shape);
		return {
			a: () => {
				let t = y(e, v(r, "float32")), a = R(n.shape, i);
				return a.length > 0 ? O(P(t, a), n.shape) : t;
			},
			b: () => {
				let t = T(e, v(n, "float32")), a = R(r.shape, i);
				a.length > 0 && (t = O(P(t, a), r.shape));
				let o = M(r);
				return E(y(t, v(o, "float32")));
			}
		};
	}
}, xa = {
	kernelName: ut,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => y(e, E(M(n))) };
	}
}, Sa = {
	kernelName: ft,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t, r = T(on(n, 6), Cn(n));
		return { x: () => T(e, v(r, "float32")) };
	}
}, Ca = {
	kernelName: dt,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => T(e, v(Cn(n), "float32")) };
	}
}, wa = {
	kernelName: pt,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => O(e, n.shape) };
	}
}, Ta = b(), Ea = {
	kernelName: mt,
	inputsToSave: ["images"],
	gradFunc: (e, t, n) => {
		let [r] = t, i = {
			dy: e,
			images: r
		};
		return { images: () => Ta.runKernel(ht, i, n) };
	}
}, Da = b(), Oa = {
	kernelName: gt,
	inputsToSave: ["images"],
	gradFunc: (e, t, n) => {
		let [r] = t, i = {
			dy: e,
			images: r
		};
		return { images: () => Da.runKernel(_t, i, n) };
	}
}, ka = {
	kernelName: vt,
	gradFunc: (e, t, n) => {
		let { dims: r } = n, i = V(r, e.shape);
		return { x: () => hn(e, i) };
	}
}, Aa = {
	kernelName: yt,
	gradFunc: (e) => ({ x: () => L(e) })
}, ja = {
	kernelName: bt,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => E(y(e, T(pn(n, 1.5), 2))) };
	}
}, Ma = {
	kernelName: xt,
	inputsToSave: ["condition"],
	gradFunc: (e, t) => {
		let [n] = t;
		return {
			condition: () => v(L(n), "float32"),
			t: () => T(e, v(n, e.dtype)),
			e: () => T(e, v(ln(n), e.dtype))
		};
	}
}, Na = 1.7580993408473768, Pa = 1.0507009873554805, Fa = {
	kernelName: St,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => {
			let t = C(n, k(0)), r = k(Na), i = k(Pa), a = T(e, i), o = T(T(e, r), S(v(n, "float32")));
			return I(t, a, o);
		} };
	}
}, Ia = {
	kernelName: Ct,
	outputsToSave: [!0],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => T(e, T(n, N(k(1), n))) };
	}
}, La = {
	kernelName: wt,
	gradFunc: (e) => ({ x: () => L(e) })
}, Ra = {
	kernelName: Tt,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => T(Yt(v(n, "float32")), e) };
	}
}, za = {
	kernelName: Et,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => T(Xt(v(n, "float32")), e) };
	}
};
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/ops/slice_util.js
function Ba(e, t, n) {
	let r, i = e.shape.length;
	r = typeof t == "number" ? [t, ...Array(i - 1).fill(0)] : t.length < i ? t.concat(Array(i - t.length).fill(0)) : t.slice(), r.forEach((e) => {
		B(e !== -1, () => "slice() does not support negative begin indexing.");
	});
	let a;
	return a = n == null ? Array(i).fill(-1) : typeof n == "number" ? [n, ...Array(i - 1).fill(-1)] : n.length < i ? n.concat(Array(i - n.length).fill(-1)) : n, a = a.map((t, n) => t >= 0 ? t : (B(t === -1, () => `Negative size values should be exactly -1 but got ${t} for the slice() size at index ${n}.`), e.shape[n] - r[n])), [r, a];
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/gradients/Slice_grad.js
var Va = {
	kernelName: Dt,
	inputsToSave: ["x"],
	gradFunc: (e, t, n) => {
		let [r] = t, { begin: i, size: a } = n, o = r.shape, [s, c] = Ba(r, i, a), l = [];
		for (let t = 0; t < e.rank; t++) l.push([s[t], o[t] - s[t] - c[t]]);
		return { x: () => fn(e, l) };
	}
}, Ha = {
	kernelName: Ot,
	outputsToSave: [!0],
	gradFunc: (e, t, n) => {
		let [r] = t, { dim: i } = n, a = T(e, r);
		return { logits: () => N(a, T(P(a, [i], !0), r)) };
	}
}, Ua = {
	kernelName: kt,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => T(e, _n(n)) };
	}
}, Wa = {
	kernelName: At,
	gradFunc: (e, t, n) => {
		let { blockShape: r, paddings: i } = n;
		return { x: () => Kt(e, r, i) };
	}
}, Ga = {
	kernelName: jt,
	gradFunc: (e, t, n) => {
		let { axis: r } = n;
		return { x: () => qt(e, r) };
	}
}, Ka = {
	kernelName: Mt,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => y(e, T(j(v(n, "float32")), 2)) };
	}
}, qa = {
	kernelName: Nt,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => T(e, T(v(n, "float32"), 2)) };
	}
}, Ja = {
	kernelName: Pt,
	inputsToSave: ["a", "b"],
	gradFunc: (e, t) => {
		let [n, r] = t, i = k(2);
		return {
			a: () => T(e, T(i, N(n, r))),
			b: () => T(e, T(i, N(r, n)))
		};
	}
}, Ya = {
	kernelName: Ft,
	gradFunc: (e) => ({ x: () => L(e) })
}, Xa = {
	kernelName: It,
	inputsToSave: ["a", "b"],
	gradFunc: (e, t) => {
		let [n, r] = t, i = z(n.shape, r.shape);
		return {
			a: () => {
				let t = e, r = R(n.shape, i);
				return r.length > 0 && (t = P(t, r)), O(t, n.shape);
			},
			b: () => {
				let t = e, n = R(r.shape, i);
				return n.length > 0 && (t = P(t, n)), O(E(t), r.shape);
			}
		};
	}
}, Za = {
	kernelName: Lt,
	inputsToSave: ["x"],
	gradFunc: (e, t, n) => {
		let [r] = t, i = r.shape.slice(), { axis: a } = n;
		V(a, r.shape).forEach((e) => {
			i[e] = 1;
		});
		let o = O(e, i), s = T(o, dn(r.shape, "float32"));
		return { x: () => s };
	}
}, Qa = {
	kernelName: Rt,
	inputsToSave: ["x"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => y(e, M(Yt(n))) };
	}
}, $a = {
	kernelName: zt,
	outputsToSave: [!0],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => T(N(k(1), M(n)), e) };
	}
}, eo = {
	kernelName: Bt,
	inputsToSave: ["x"],
	gradFunc: (e, t, n) => {
		let [r] = t, { reps: i } = n;
		return { x: () => {
			let t = L(r);
			if (r.rank === 1) for (let n = 0; n < i[0]; ++n) t = _(t, A(e, [n * r.shape[0]], [r.shape[0]]));
			else if (r.rank === 2) for (let n = 0; n < i[0]; ++n) for (let a = 0; a < i[1]; ++a) t = _(t, A(e, [n * r.shape[0], a * r.shape[1]], [r.shape[0], r.shape[1]]));
			else if (r.rank === 3) for (let n = 0; n < i[0]; ++n) for (let a = 0; a < i[1]; ++a) for (let o = 0; o < i[2]; ++o) t = _(t, A(e, [
				n * r.shape[0],
				a * r.shape[1],
				o * r.shape[2]
			], [
				r.shape[0],
				r.shape[1],
				r.shape[2]
			]));
			else if (r.rank === 4) for (let n = 0; n < i[0]; ++n) for (let a = 0; a < i[1]; ++a) for (let o = 0; o < i[2]; ++o) for (let s = 0; s < i[3]; ++s) t = _(t, A(e, [
				n * r.shape[0],
				a * r.shape[1],
				o * r.shape[2],
				s * r.shape[3]
			], [
				r.shape[0],
				r.shape[1],
				r.shape[2],
				r.shape[3]
			]));
			else throw Error(`Gradient for tile operation is not implemented for rank-${r.rank} tensors yet.`);
			return t;
		} };
	}
}, to = {
	kernelName: Vt,
	gradFunc: (e, t, n) => {
		let { perm: r } = n, i = di(r);
		return { x: () => F(e, i) };
	}
}, no = {
	kernelName: Ht,
	gradFunc: (e, t, n) => {
		let { axis: r } = n;
		return { value: () => Sn(e, r) };
	}
}, ro = {
	kernelName: Ut,
	inputsToSave: ["segmentIds"],
	gradFunc: (e, t) => {
		let [n] = t;
		return { x: () => io(e, n) };
	}
};
function io(e, t) {
	let n = un(t, L(t)), r = nn(e, n), i = rn(t, k(0, "int32")), a = r.rank - i.rank;
	for (let e = 0; e < a; ++e) i = en(i, e + 1);
	i = cn(i, dn(r.shape, "bool"));
	let o = L(r);
	return I(i, r, o);
}
// node_modules/.pnpm/@tensorflow+tfjs-core@4.22.0/node_modules/@tensorflow/tfjs-core/dist/register_all_gradients.js
var ao = [
	On,
	kn,
	An,
	jn,
	Mn,
	Nn,
	Pn,
	Fn,
	In,
	Ln,
	Rn,
	zn,
	Ar,
	Pr,
	Fr,
	Ir,
	Lr,
	Rr,
	zr,
	Br,
	Vr,
	Hr,
	Xr,
	Yr,
	ri,
	ii,
	ai,
	fi,
	yi,
	xi,
	ba,
	Ci,
	wi,
	Ti,
	Ei,
	Di,
	ki,
	Oi,
	Ai,
	ji,
	Pi,
	Fi,
	Ii,
	Li,
	Ri,
	zi,
	Bi,
	Vi,
	Hi,
	Ki,
	Ji,
	Ji,
	Yi,
	$i,
	ra,
	ia,
	aa,
	oa,
	sa,
	ca,
	la,
	ua,
	da,
	fa,
	pa,
	ma,
	ma,
	ha,
	ga,
	ya,
	xa,
	Sa,
	Ca,
	wa,
	Ea,
	Oa,
	ka,
	Aa,
	ja,
	Ma,
	Fa,
	Ia,
	La,
	Ra,
	za,
	Va,
	Ha,
	Ua,
	Wa,
	Wa,
	Ga,
	Ga,
	Ka,
	Ja,
	qa,
	Ya,
	Xa,
	Za,
	Qa,
	$a,
	eo,
	to,
	no,
	ro,
	{
		kernelName: Wt,
		gradFunc: (e) => ({ x: () => L(e) })
	}
];
for (let e of ao) mn(e);
