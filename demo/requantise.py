#!/usr/bin/env python3
"""Write the layers' matrices of a GGUF file anew in another type, everything else as it is.

    python3 -m venv V && V/bin/pip install gguf==0.19.0 numpy
    V/bin/python demo/requantise.py IN.gguf Q4_0 OUT.gguf      # or Q8_0, Q4_1, Q5_0, Q5_1, BF16, F16, F32

Every matrix is dequantised to 32 bits and quantised again, by the reference's own package; vectors and the embedding keep
their types. Printed: how far the values moved, as the root mean square of the change over that of the values.
"""
import sys

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter
from gguf.quants import dequantize, quantize


def copied(reader, writer):
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        kind = field.types[0]
        of = field.types[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, of)


def main(source, name, target):
    kind, reader = GGMLQuantizationType[name], GGUFReader(source)
    architecture = reader.fields["general.architecture"].contents()
    writer = GGUFWriter(target, architecture)
    copied(reader, writer)
    change = total = 0.0
    for tensor in reader.tensors:
        if tensor.name.startswith("blk.") and len(tensor.shape) == 2:
            values = np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
            values = values.reshape([int(size) for size in reversed(tensor.shape)])
            data = quantize(values, kind)
            moved = np.asarray(dequantize(data, kind), dtype=np.float32).reshape(values.shape) - values
            change, total = change + float(np.square(moved, dtype=np.float64).sum()), total + float(np.square(values, dtype=np.float64).sum())
            writer.add_tensor(tensor.name, data, raw_dtype=kind)
        else:
            writer.add_tensor(tensor.name, np.asarray(tensor.data), raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{target}: matrices of {name}, moved by {(change / total) ** 0.5:.5f} of their size")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
