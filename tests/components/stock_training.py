"""User code for stock Transform and Trainer, as one would write it for any Examples."""

from pathlib import Path

FEATURE, LABEL = "pace", "age"


def preprocessing_fn(inputs):
    import tensorflow as tf
    import tensorflow_transform as tft

    def dense(name):
        column = inputs[name]
        is_sparse = isinstance(column, tf.SparseTensor)
        return tft.sparse_tensor_to_dense_with_shape(column, [None, 1], 0) if is_sparse else column

    city = inputs["city"]
    return {
        FEATURE: tft.scale_to_0_1(dense(FEATURE)),
        LABEL: tf.cast(dense(LABEL), tf.float32),
        "city": tft.compute_and_apply_vocabulary(city.values if isinstance(city, tf.SparseTensor) else city),
    }


def run_fn(fn_args):
    """Trains on the train split and leaves the numbers of rows it was given beside the model."""
    import tensorflow as tf
    import tensorflow_transform as tft
    from tfx_bsl.public import tfxio

    from headrace.schema.protos import read_schema

    if fn_args.transform_graph_path:
        schema = tft.TFTransformOutput(fn_args.transform_graph_path).transformed_metadata.schema
    else:
        schema = read_schema(fn_args.schema_path)
    options = tfxio.TensorFlowDatasetOptions(batch_size=64, num_epochs=1, shuffle=False)

    def pairs(batch):
        columns = [batch[name] for name in (FEATURE, LABEL)]
        columns = [tf.sparse.to_dense(one) if isinstance(one, tf.SparseTensor) else one for one in columns]
        return tuple(tf.reshape(tf.cast(one, tf.float32), (-1, 1)) for one in columns)

    given = {}
    for split, files in (("train", fn_args.train_files), ("eval", fn_args.eval_files)):
        given[split] = fn_args.data_accessor.tf_dataset_factory(files, options, schema).map(pairs)
        rows = sum(len(feature) for feature, _ in given[split])
        Path(fn_args.model_run_dir).mkdir(parents=True, exist_ok=True)
        Path(fn_args.model_run_dir, split).write_text(str(rows))
    model = tf.keras.Sequential([tf.keras.layers.Input(shape=(1,)), tf.keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    model.fit(given["train"], validation_data=given["eval"], verbose=0)
    model.export(fn_args.serving_model_dir)
