"""What an Arrow array takes once its dictionaries are unfolded; nothing is decoded for it."""


def decoded_bytes(array) -> int:
    """What an array takes without its dictionaries, in bytes, at most."""
    import pyarrow
    from pyarrow import compute

    array = storage(array)
    if isinstance(array, pyarrow.DictionaryArray):
        kind = array.type.value_type
        if pyarrow.types.is_primitive(kind):
            return len(array) * kind.bit_width // 8
        if not has_lengths(kind):
            return len(array) * decoded_bytes(array.dictionary)
        lengths = compute.binary_length(array.dictionary).cast(pyarrow.int64())
        return compute.sum(lengths.take(array.indices)).as_py() or 0
    if pyarrow.types.is_struct(array.type):
        return sum(map(decoded_bytes, array.flatten()))
    if isinstance(array, pyarrow.MapArray):  # whose keys and items know of no slice
        start, end = array.offsets[0].as_py(), array.offsets[-1].as_py()
        return sum(decoded_bytes(a.slice(start, end - start)) for a in (array.keys, array.items))
    if isinstance(array, pyarrow.ListArray | pyarrow.LargeListArray | pyarrow.FixedSizeListArray):
        return decoded_bytes(array.flatten())
    return array.nbytes


def storage(array):
    """The array without extension types, which only give it a name."""
    import pyarrow

    while isinstance(array, pyarrow.ExtensionArray):
        array = array.storage
    return array


def has_lengths(kind) -> bool:
    """Whether the values of an Arrow type are of different lengths."""
    from pyarrow import types

    tests = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return any(test(kind) for test in tests)
