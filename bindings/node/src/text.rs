use napi::bindgen_prelude::{ToNapiValue, check_status, sys};

/// Text for JavaScript. What is ASCII, as most replies are, is copied as it is; V8 decodes the rest.
pub struct Text(pub(crate) String);

impl ToNapiValue for Text {
    unsafe fn to_napi_value(env: sys::napi_env, Self(text): Self) -> napi::Result<sys::napi_value> {
        let create =
            if text.is_ascii() { sys::napi_create_string_latin1 } else { sys::napi_create_string_utf8 };
        let mut value = std::ptr::null_mut();
        // SAFETY: `env` is the caller's live environment; the text outlives the call, which copies it.
        check_status!(unsafe { create(env, text.as_ptr().cast(), text.len() as isize, &mut value) })?;
        Ok(value)
    }
}
